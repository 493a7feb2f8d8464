/**
 * Amounts of money: decimal text to whole minor units, exactly and without floating point. How many decimal places a
 * currency has comes from ISO 4217; a code that is not in it is refused, for guessing its places would be
 * guessing the amount.
 */
export type Amount =
  | { readonly ok: true; readonly minorUnits: number }
  | { readonly ok: false; readonly expected: string };

/** ISO 4217's active currencies of two decimal places. */
const TWO_PLACES =
  "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY " +
  "COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS " +
  "INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR " +
  "MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD " +
  "SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";
const NO_PLACES = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
const THREE_PLACES = "BHD IQD JOD KWD LYD OMR TND";

const places = new Map<string, number>();
for (const code of TWO_PLACES.split(" ")) places.set(code, 2);
for (const code of NO_PLACES.split(" ")) places.set(code, 0);
for (const code of THREE_PLACES.split(" ")) places.set(code, 3);

/** Decimal places of a currency, in upper or lower case; undefined for a code that ISO 4217 doesn't have. */
export function decimalPlaces(currency: string): number | undefined {
  return places.get(currency.toUpperCase());
}

/** `"42.5"` of a currency with two places is 4250. Zeroes beyond the currency's places are harmless, other digits are not. */
export function minorUnits(decimal: string, currency: string): Amount {
  const digits = decimalPlaces(currency) ?? 2;
  const parts = decimal.length <= 40 ? /^(\d+)(?:\.(\d+))?$/.exec(decimal) : null;
  if (parts === null) return { ok: false, expected: `a decimal amount like "${example(digits)}"` };
  const [, whole = "", fraction = ""] = parts;
  if (/[1-9]/.test(fraction.slice(digits))) {
    const limit = digits === 0 ? "no decimal places" : `at most ${digits} decimal places`;
    return { ok: false, expected: `${limit} for ${currency.toUpperCase()}, like "${example(digits)}"` };
  }
  const units = BigInt(whole + fraction.slice(0, digits).padEnd(digits, "0"));
  if (units > BigInt(Number.MAX_SAFE_INTEGER))
    return { ok: false, expected: "an amount below 2^53 minor units" };
  return { ok: true, minorUnits: Number(units) };
}

const example = (digits: number): string => (digits === 0 ? "42" : `42.${"0".repeat(digits)}`);
