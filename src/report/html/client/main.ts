/** Where the page's own code begins: reads the data that the page carries and mounts what belongs to it. */
import type { LatencyChart, PageData } from "../data.js";
import { Diagram } from "./diagram.js";
import { LatencyPlot } from "./plots.js";
import { mountSorting } from "./sorting.js";

function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`this page has no part "${id}"`);
  return found;
}

function canvas(id: string): HTMLCanvasElement {
  const found = byId(id);
  if (!(found instanceof HTMLCanvasElement)) throw new Error(`"${id}" is no canvas`);
  return found;
}

function mountDiagram(data: PageData): Diagram | undefined {
  if (data.page !== "run") return undefined;
  const diagram = new Diagram(
    {
      root: byId("diagram"),
      filters: byId("filters"),
      zoom: byId("zoom"),
      overview: canvas("overview"),
      scroller: byId("scroller"),
      labels: byId("labels"),
      sheet: byId("sheet"),
      base: canvas("base"),
      overlay: canvas("overlay"),
      tip: byId("tip"),
      panel: byId("panel"),
    },
    data.diagram,
  );
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target.closest("[data-fact]") : null;
    if (!(target instanceof HTMLElement)) return;
    diagram.selectFact(Number(target.dataset.fact));
    byId("diagram").scrollIntoView({ block: "nearest" });
  });
  return diagram;
}

function chartsOf(data: PageData): readonly LatencyChart[] {
  switch (data.page) {
    case "run":
      return data.latency === undefined ? [] : [data.latency];
    case "campaign":
      return data.latency.map(({ chart }) => chart);
    case "defects":
      return [];
  }
}

function mountPlots(data: PageData): LatencyPlot[] {
  const charts = chartsOf(data);
  return [...document.querySelectorAll<HTMLElement>("[data-latency]")].flatMap((place) => {
    const chart = charts[Number(place.dataset.latency)];
    return chart === undefined ? [] : [new LatencyPlot(place, chart)];
  });
}

const data = JSON.parse(byId("data").textContent ?? "null") as PageData; // written by the same version
const diagram = mountDiagram(data);
const plots = mountPlots(data);
for (const table of document.querySelectorAll("table")) mountSorting(table);

function repaint(): void {
  diagram?.repaint();
  for (const plot of plots) plot.repaint();
}
for (const query of ["(prefers-color-scheme: dark)", "print"])
  matchMedia(query).addEventListener("change", repaint);
document.documentElement.dataset.ready = "true";
