"""GradBench's `cpp.py` for programs that are kept from run to run: each is built once, in a folder of this name beside the tool's.

python3 kept.py enzyme [folder]
"""

import shutil
import sys
from argparse import Namespace
from pathlib import Path

from gradbench import cpp

tool, folder = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "kept"
build = cpp.define


def define(*, args, module):
    program = Path(f"tools/{args.tool}/bin/{module}")
    if program.exists():
        return {"success": True}
    response = build(args=Namespace(tool=tool, multithreaded=False), module=module)
    if response["success"]:
        program.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(f"tools/{tool}/bin/{module}", program)
    return response


cpp.define = define
cpp.run(Namespace(tool=f"{tool}/{folder}"))
