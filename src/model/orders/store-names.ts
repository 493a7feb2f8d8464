/** Names of the stores in the history. */
export const ORDER_STORE = "orders";
export const STOCK_STORE = "stock";
