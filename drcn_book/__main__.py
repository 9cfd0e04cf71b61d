import sys

from .cli import main

sys.argv[0] = "drcn"  # the command's name in messages and records, however it was started
raise SystemExit(main())
