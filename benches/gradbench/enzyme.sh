#!/bin/sh
# A C++ compiler that differentiates with Enzyme, for GradBench's tool `enzyme`, without building Enzyme: Clang makes LLVM IR,
# and the program `catalyst` (in PennyLane's wheel `pennylane-catalyst`, which links Enzyme) runs Enzyme's pass on it.
#
#     CATALYST=<catalyst> CLANG=clang++-22 ENZYME_BEFORE="-O1" enzyme.sh -o program source.cpp [options of Clang…]
#
# ENZYME_BEFORE are options for what Enzyme is given. Which are best differs from program to program.
set -e
options=
while [ $# -gt 0 ]; do
    case "$1" in
        -o) program=$2; shift ;;
        *.cpp) source=$1 ;;
        *) options="$options $1" ;;
    esac
    shift
done
clang=${CLANG:-clang++-22}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
$clang $options -fno-math-errno $ENZYME_BEFORE -S -emit-llvm -o "$folder/source.ll" "$source"
# Catalyst runs Enzyme where a function has a name that begins like this.
echo 'declare void @__enzyme_autodiff()' >> "$folder/source.ll"
"$CATALYST" --checkpoint-stage=O2Opt --tool=llc --keep-intermediate --workspace="$folder" -o "$folder/object" "$folder/source.ll"
$clang -O3 -march=native -fno-math-errno -o "$program" -x ir "$folder/1_AfterEnzymePasses.ll" -lm
