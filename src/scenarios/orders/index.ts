/** The scenarios of order processing, in the order in which people should meet them. */
import type { Scenario } from "seedstorm";
import { breakerFlapping } from "./breaker-flapping.js";
import { burst } from "./burst.js";
import { busyCarriers } from "./busy-carriers.js";
import { calm } from "./calm.js";
import { cancels } from "./cancels.js";
import { carriers } from "./carriers.js";
import { configuration } from "./configuration.js";
import { connections } from "./connections.js";
import { copies } from "./copies.js";
import { declines } from "./declines.js";
import { fieldFaults } from "./field-faults.js";
import { gateway } from "./gateway.js";
import { killedService } from "./killed-service.js";
import { killedWorkers } from "./killed-workers.js";
import { lateWebhooks } from "./late-webhooks.js";
import { load, loadSource } from "./load.js";
import { newSettings } from "./new-settings.js";
import { overBroker } from "./over-broker.js";
import { paymentOutage } from "./payment-outage.js";
import { poison } from "./poison.js";
import { registryChurn } from "./registry-churn.js";
import { reservations } from "./reservations.js";
import { slowPayment } from "./slow-payment.js";
import { stockRaces } from "./stock-races.js";
import { storeOutage } from "./store-outage.js";
import { ordersStorm } from "./storm.js";
import { stuckReservations } from "./stuck-reservations.js";
import { twoServices } from "./two-services.js";
import { unheardScenario } from "./unheard.js";

export const ordersScenarios: readonly Scenario[] = [
  calm,
  load,
  loadSource,
  burst,
  paymentOutage,
  slowPayment,
  lateWebhooks,
  declines,
  stockRaces,
  reservations,
  stuckReservations,
  carriers,
  busyCarriers,
  cancels,
  killedWorkers,
  killedService,
  twoServices,
  storeOutage,
  registryChurn,
  connections,
  breakerFlapping,
  gateway,
  unheardScenario,
  copies,
  overBroker,
  poison,
  configuration,
  newSettings,
  fieldFaults,
  ordersStorm,
];
