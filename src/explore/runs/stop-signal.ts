/** What ends something that takes long: as much of an `AbortSignal` as is needed, so that its type asks for no library of the DOM or of Node. */
export interface StopSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}
