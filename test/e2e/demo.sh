#!/bin/sh
# SPDX-License-Identifier: MIT
# The demo as a test: real packages built, restored, found current and rebuilt, all counted.
set -eu
source=${PAWL_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${PAWL_BUILD:-$source/build/dev}
PAWL=${PAWL:-$build/src/cli/pawl} DEMO_DIR=$build/e2e-demo exec "$source/tool/demo" --test
