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
import { fc, type Outcome, run } from "seedstorm";
import * as checks from "seedstorm/check";
import * as explore from "seedstorm/explore";
import { scenarios } from "./scenarios.js";

const [counter] = scenarios;
if (counter === undefined) throw new Error("there is no scenario");
const outcomes: Outcome[] = [];
for (let seed = 1; seed <= 200; seed++) outcomes.push(await run(counter, { seed }));
const violated = outcomes.filter(({ verdict }) => verdict === "violated");
if (violated.length === 0) throw new Error("the bug was not found");
if (fc.sample(fc.nat(), 1).length !== 1) throw new Error("fast-check does not work");
if (Object.keys(checks).length === 0 || Object.keys(explore).length === 0) throw new Error("nothing is exported");
TS
npm install --silent --no-audit --no-fund "$tarball"
echo "installed: $(du -sm node_modules | cut -f1) MB"
"$root/node_modules/.bin/tsc"
node out/main.js
if npx seedstorm --scenarios out/scenarios.js check --runs 200 --no-save > check.txt; then
  echo "error: the bug was not found by the command" >&2
  exit 1
fi
grep -q '✗ kept' check.txt
npx seedstorm run steady --seed 7 --quiet
echo "the package is what users need"
