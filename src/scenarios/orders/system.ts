/** Order processing as a system under test: what boots, and what must hold of it. */
import { answered, externalProperties, type System, worldProperties } from "seedstorm";
import { ordersDefects } from "../../model/orders/defects.js";
import { CARRIERS } from "../../model/orders/external/carrier.js";
import { MAIL } from "../../model/orders/external/mail.js";
import { PAYMENTS } from "../../model/orders/external/payment-provider.js";
import { ORDERS_DEFAULTS } from "../../model/orders/knobs.js";
import { ordersMeasurements } from "../../model/orders/measurements.js";
import { ordersMoments } from "../../model/orders/moments.js";
import { buildOrders } from "../../model/orders/orders.js";
import { ordersProperties } from "../../model/orders/properties/index.js";

export const ordersSystem: System = {
  id: "orders",
  title: "order processing",
  properties: [...ordersProperties, ...externalProperties, ...worldProperties],
  defects: ordersDefects,
  moments: ordersMoments,
  clients: ["customer", "operator", "webhooks"],
  services: [PAYMENTS, ...CARRIERS, MAIL],
  knobs: { ...ORDERS_DEFAULTS },
  latencies: (history) => ({ accepted: answered(history, "place"), cancelled: answered(history, "cancel") }),
  measurements: ordersMeasurements,
  build: buildOrders,
};
