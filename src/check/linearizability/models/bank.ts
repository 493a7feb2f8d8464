/**
 * A bank: `transfer` of `{from, to, amount}`, answered `false` when the account has too little, and `read` of all accounts at once. No
 * account goes below zero. Its initial value is what the accounts hold at first.
 */
import type { Json } from "../../../sim/plan.js";
import { describePlainly, type Model } from "../model.js";
import { balances, nothing, success, transfer, verbs } from "./verbs.js";

export const bankVerbs = verbs(["transfer", transfer, success], ["read", nothing, balances]);

export type Accounts = readonly (readonly [account: string, balance: number])[];

export const bankModel: Model<Accounts> = {
  name: "bank",
  initial: [],
  knowsClients: false,
  step(accounts, { f, input }, output) {
    switch (f) {
      case "read":
        return output === undefined || JSON.stringify(output) === JSON.stringify(accounts)
          ? accounts
          : undefined;
      case "transfer": {
        const [from, to, amount] = input as readonly [string, string, number]; // as its shape has it
        const known = (name: string): boolean => accounts.some(([account]) => account === name);
        const enough = (accounts.find(([account]) => account === from)?.[1] ?? -1) >= amount && known(to);
        if (output === false) return enough ? undefined : accounts;
        if (!enough) return output === undefined ? accounts : undefined;
        return accounts.map(([account, balance]) => {
          const after = balance - (account === from ? amount : 0) + (account === to ? amount : 0);
          return [account, after] as const;
        });
      }
      default:
        return undefined;
    }
  },
  onlyLooks: ({ f }, output) => f === "read" || output === false,
  key: (accounts) => JSON.stringify(accounts),
  tellState: (accounts) => `holds ${inWords(accounts)}`,
  describe(operation) {
    const { f, input, output, ret } = operation;
    if (f === "read") {
      if (ret === Number.POSITIVE_INFINITY || output === undefined) return "read (no answer)";
      return `read → ${inWords(output as unknown as Accounts)}`; // as its shape has it
    }
    const [from, to, amount] = input as readonly [string, string, number]; // as its shape has it
    const asked = `transfer ${amount} from ${plain(from)} to ${plain(to)}`;
    return describePlainly({
      ...operation,
      f: asked,
      input: null,
      output: output === true ? null : (output as Json),
    }).replace(" → nothing", "");
  },
};

const plain = (account: string): string => account.replace(/^"(.*)"$/, "$1");

const inWords = (accounts: Accounts): string =>
  accounts.map(([account, balance]) => `${plain(account)}: ${balance}`).join(", ");
