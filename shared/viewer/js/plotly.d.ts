/** The part of plotly.js's public interface that the viewer uses. */
interface Window {
  Plotly: {
    react(graph: HTMLElement, data: object[], layout: object, config: object): Promise<void>;
    relayout(graph: HTMLElement, change: object): Promise<void>;
    Plots: { resize(graph: HTMLElement): Promise<void> };
  };
}
