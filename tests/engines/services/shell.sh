#!/bin/bash
# SPDX-License-Identifier: MIT
# A service written in shell: a child of its own, and a trap that ends both.
sleep 1000 &
trap 'kill $!; echo "shell ends"; exit 0' TERM
echo up
while :; do wait $!; done
