/** The keyboard. Letters work anywhere on the page but in a field; arrow keys while the diagram has the focus. */

export interface KeyActions {
  step(direction: 1 | -1, sameHost: boolean): void;
  follow(): void;
  cause(): void;
  effect(): void;
  evidence(direction: 1 | -1): void;
  zoom(factor: number): void;
  /** Shows the whole run. */
  all(): void;
  /** By a share of the window. */
  pan(share: number): void;
  find(): void;
  onlyEvidence(): void;
  disks(): void;
  clear(): void;
}

/**
 * @param scroller what has the focus when arrow keys are for the diagram.
 * @param isMeant whether keys are for this diagram, where a page has several.
 */
export function listenToKeys(
  root: HTMLElement,
  scroller: HTMLElement,
  actions: KeyActions,
  isMeant: () => boolean,
): void {
  document.addEventListener("keydown", (event) => {
    if (!isMeant()) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const { target } = event;
    if (target instanceof HTMLElement && isField(target)) {
      if (event.key === "Escape") target.blur();
      return;
    }
    const inDiagram = target === scroller || target === document.body;
    const onButton = target instanceof HTMLElement && target.closest("button, summary, a, input") !== null;
    const action =
      letter(event, actions) ??
      (inDiagram ? arrow(event, actions) : undefined) ??
      enter(event, actions, onButton);
    if (action === undefined) return;
    event.preventDefault();
    action();
    bringIntoSight(root);
  });
}

type Action = () => void;

function letter({ key }: KeyboardEvent, actions: KeyActions): Action | undefined {
  switch (key) {
    case "j":
    case "J":
      return () => actions.step(1, key === "J");
    case "k":
    case "K":
      return () => actions.step(-1, key === "K");
    case "c":
      return () => actions.cause();
    case "e":
      return () => actions.effect();
    case "n":
    case "N":
      return () => actions.evidence(key === "n" ? 1 : -1);
    case "o":
      return () => actions.onlyEvidence();
    case "d":
      return () => actions.disks();
    case "h":
      return () => actions.pan(-0.25);
    case "l":
      return () => actions.pan(0.25);
    case "+":
    case "=":
      return () => actions.zoom(1.6);
    case "-":
      return () => actions.zoom(1 / 1.6);
    case "0":
      return () => actions.all();
    case "/":
      return () => actions.find();
    case "Escape":
      return () => actions.clear();
    default:
      return undefined;
  }
}

function arrow({ key, shiftKey }: KeyboardEvent, actions: KeyActions): Action | undefined {
  switch (key) {
    case "ArrowDown":
    case "ArrowRight":
      return () => actions.step(1, shiftKey);
    case "ArrowUp":
    case "ArrowLeft":
      return () => actions.step(-1, shiftKey);
    default:
      return undefined;
  }
}

/** On a button, Enter presses it. */
function enter({ key }: KeyboardEvent, actions: KeyActions, onButton: boolean): Action | undefined {
  return key === "Enter" && !onButton ? () => actions.follow() : undefined;
}

function isField(target: HTMLElement): boolean {
  if (target instanceof HTMLInputElement) return target.type !== "checkbox";
  return target.isContentEditable || target instanceof HTMLTextAreaElement;
}

/** Stepping is no use where it can't be seen. */
function bringIntoSight(root: HTMLElement): void {
  const { top, bottom } = root.getBoundingClientRect();
  if (bottom < 120 || top > window.innerHeight - 120) root.scrollIntoView({ block: "start" });
}
