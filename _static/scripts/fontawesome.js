// Empty on purpose: the theme's icons come from its icon font; this file hides a second copy of them, drawn by 1.5 MB of script.
