/** The part of plotly.js that the viewer uses. */

interface Window {
  Plotly: {
    react(graph: HTMLElement, data: object[], layout: object, config: object): Promise<void>;
    relayout(graph: HTMLElement, change: object): Promise<void>;
    Plots: { resize(graph: HTMLElement): Promise<void> };
  };
}

interface PlotlyGraph extends HTMLElement {
  on(event: "plotly_hover" | "plotly_click", listener: (data: { points: { pointNumber: number }[] }) => void): void;
  on(event: "plotly_unhover", listener: () => void): void;
  _fullLayout?: { scene?: { _scene?: any } }; // not public: for internals.js alone
}
