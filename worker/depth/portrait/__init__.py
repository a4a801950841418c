"""The embedded default depth model, `portrait`: a face's real geometry and a believable bust, no large download."""
