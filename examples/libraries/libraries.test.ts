import { stormTest } from "seedstorm/vitest";
import { LIBRARIES } from "./index.js";

const SOUND = LIBRARIES.flatMap(({ library, sound }) =>
  Object.entries(sound).map(([name, storm]) => ({ name: `${library}: ${name}`, storm })),
);

stormTest.each(SOUND)(
  ({ name }) => name,
  ({ storm }) => storm.options,
  ({ storm }, context) => storm.body(context),
);
