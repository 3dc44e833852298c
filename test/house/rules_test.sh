#!/bin/bash
# SPDX-License-Identifier: MIT
# Holds the house's rules against the tree, one case per rule.
. "$(dirname "$0")/lib.sh"
. "$HOUSE/rules.sh"
ROOT=$PAWL_SOURCE

for rule in $all_rules; do
	silent "$rule" "rule_$rule"
done
finish
