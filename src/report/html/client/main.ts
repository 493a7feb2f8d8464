/** Where the page's own code begins: reads the data that the page carries and mounts what belongs to it. */
import type { LatencyChart, PageData } from "../data.js";
import { Diagrams } from "./diagrams.js";
import { LatencyPlot } from "./plots.js";
import { mountSorting } from "./sorting.js";

function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`this page has no part "${id}"`);
  return found;
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
const diagrams = new Diagrams("main");
const plots = mountPlots(data);
for (const table of document.querySelectorAll("table")) mountSorting(table);

document.addEventListener("click", ({ target }) => {
  const link = target instanceof Element ? target.closest("[data-fact], [data-from]") : null;
  if (!(link instanceof HTMLElement)) return;
  const diagram = diagrams.linked(link);
  const { fact, from, to } = link.dataset;
  if (fact !== undefined) diagram?.selectFact(Number(fact));
  else diagram?.showTime(Number(from), Number(to));
  diagram?.reveal();
});

function repaint(): void {
  diagrams.repaint();
  for (const plot of plots) plot.repaint();
}
for (const query of ["(prefers-color-scheme: dark)", "print"])
  matchMedia(query).addEventListener("change", repaint);
document.documentElement.dataset.ready = "true";
