#!/usr/bin/env bash
# Whether the package is what users need: its metadata and its types are linted, then it is packed, installed into an empty
# strict project elsewhere, and a system of thirty lines is compiled, run, checked and caught there.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

cd "$root"
tarball="$work/$(npm pack --silent --pack-destination "$work" | tail -n 1)"
npx publint run "$tarball" --strict
npx attw "$tarball" --profile esm-only --quiet
for file in README.md CHANGELOG.md LICENSE docs/*.md examples/README.md; do
  tar -tzf "$tarball" "package/$file" > /dev/null || { echo "error: $file is not in the package" >&2; exit 1; }
done
if tar -tzf "$tarball" | grep -qE '^package/(dist/)?(bench|test)/'; then
  echo "error: benchmarks or tests are in the package" >&2
  exit 1
fi

mkdir "$work/project"
cd "$work/project"
cp "$root/examples/counter.ts" scenarios.ts
cat > package.json << 'JSON'
{ "name": "user", "private": true, "type": "module" }
JSON
cat > tsconfig.json << 'JSON'
{
  "compilerOptions": {
    "target": "ES2023",
    "lib": ["ES2023"],
    "module": "NodeNext",
    "types": [],
    "strict": true,
    "exactOptionalPropertyTypes": true,
    "noUncheckedIndexedAccess": true,
    "skipLibCheck": false,
    "outDir": "out"
  },
  "include": ["*.ts"]
}
JSON
cat > main.ts << 'TS'
import { fc, run } from "seedstorm";
import { registerModel } from "seedstorm/check";
import { branch, check, InputError, parsePlan, planText, shrink } from "seedstorm/explore";
import { campaignText, failureStory, runHtml } from "seedstorm/report";
import { scenarios } from "./scenarios.js";

function ensure(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

const [counter] = scenarios;
if (counter === undefined) throw new Error("there is no scenario");
const checked = await check(counter, { runs: 200 });
ensure(checked.failed > 0, "the bug was not found");
ensure(campaignText(checked, scenarios).includes("✗ kept"), "the table does not name it");
const failure = { plan: parsePlan(planText(counter.plan(1)), scenarios) };
const shrunk = await shrink(failure, counter, { runs: 100 });
ensure(shrunk?.plan.faults.length === 1, "it was not shrunk");
ensure((await branch(failure, counter, { futures: 2, points: 3 }))?.property === "kept", "no branch");
ensure(failureStory(await run(counter, { seed: 1 }), counter).includes("kept"), "there is no story");
ensure((await runHtml(failure.plan, counter)).includes("</html>"), "there is no page");
ensure(fc.sample(fc.nat(), 1).length === 1 && registerModel !== undefined, "not all is exported");
try {
  parsePlan("{}", scenarios);
} catch (error) {
  ensure(error instanceof InputError, "what is wrong with a plan is not said");
}
TS
cat > threads.mjs << 'JS'
import { check } from "seedstorm/explore";
import { scenarios } from "./out/scenarios.js";

const module = new URL("./out/scenarios.js", import.meta.url).href;
const { failed } = await check(scenarios, { runs: 200, jobs: 2, module, shrink: false });
if (failed === 0) throw new Error("the bug was not found on threads");
JS
npm install --silent --no-audit --no-fund "$tarball"
echo "installed: $(du -sm node_modules | cut -f1) MB"
"$root/node_modules/.bin/tsc"
node out/main.js
node threads.mjs
if npx seedstorm --scenarios out/scenarios.js check --runs 200 --no-save > check.txt; then
  echo "error: the bug was not found by the command" >&2
  exit 1
fi
grep -q '✗ kept' check.txt
npx seedstorm run steady --seed 7 --quiet
echo "the package is what users need"
