"""The report's page, as readers use it: web/test in headless Chromium; and niwaki report's other outcomes."""
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

from . import workplace
from .page_documents import make_documents
from .workplace import EndToEnd, copy_of_small_study, settings

ROOT = Path(__file__).resolve().parent.parent.parent
# Of the study whose page is looked at: what its recipe says beyond the small study's.
PRICES = {"economics__currency": "EUR", "economics__images_a_day": 400, "economics__machine_hour": 2.5,
          "economics__missed_finding": 300, "economics__deferral_rate": 0.1, "policy__unknown_classes": "report",
          "audit__minimum_patients": 3}
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def browser():
    return os.environ.get("NIWAKI_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)


class Page(EndToEnd):
    def test_in_a_browser(self):
        packages = workplace.place().program.parent / "tests/web/node_modules"
        if browser() is None or not packages.is_dir():
            self.skipTest("there is no Chromium, or the packages of web/test are not in the build folder")
        make_documents(self.folder, self.niwaki)
        study = copy_of_small_study(self.folder / "small")
        self.niwaki("study", "--preset", "demo", "--out", study, *settings(**PRICES))
        self.niwaki("bench", "--study", study, "--seconds", 0.05)
        self.niwaki("explain", "--study", study)
        self.niwaki("report", study)
        pages = self.folder / "study"
        pages.mkdir()
        for way in ("omit", "hash"):
            self.niwaki("report", study, "--anonymous", way)
            shutil.copy(study / "report-anonymous.html", pages / f"report-{way}.html")
        for name in ("report.html", "decision.json"):
            shutil.copy(study / name, pages)
        shutil.copy(study / "audit/audit.json", pages)
        shutil.copytree(study / "explain", pages / "explain")
        environment = {**os.environ, "NIWAKI_PAGES": str(self.folder), "NIWAKI_PACKAGES": str(packages.parent),
                       "NIWAKI_BROWSER": browser()}
        done = subprocess.run(["node", ROOT / "web/test/all.mjs"], env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=800, check=False)
        failed = re.findall(r"^not ok .*?^  \.\.\.$", done.stdout, re.MULTILINE | re.DOTALL)
        self.assertEqual(done.returncode, 0, "\n".join(failed) or done.stdout[-4000:] + done.stderr[-4000:])
        self.assertGreater(int(re.search(r"^# pass (\d+)", done.stdout, re.MULTILINE)[1]), 30)

    def test_a_pdf_is_printed_where_there_is_a_browser(self):
        if browser() is None:
            self.skipTest("there is no Chromium")
        study = copy_of_small_study(self.folder / "50% of a name #1")
        self.niwaki("report", study, "--pdf", "--language", "ja")
        printed = (study / "report.pdf").read_bytes()
        self.assertTrue(printed.startswith(b"%PDF-"))
        boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", printed)
        self.assertTrue(boxes)
        for width, height in boxes:
            self.assertAlmostEqual(float(width), 595, delta=1)
            self.assertAlmostEqual(float(height), 842, delta=1)
        self.no_half_written_file(study)

    def test_where_there_is_no_browser_it_says_how_to_get_one(self):
        study = copy_of_small_study(self.folder / "study")
        (study / "report.html").unlink()
        environment = {**os.environ, "PATH": str(self.folder), "NIWAKI_BROWSER": ""}
        self.fails(1, "report", study, "--pdf", env=environment, says=("no Chromium", "apt-get install chromium"))
        self.assertFalse((study / "report.pdf").exists())
        environment["NIWAKI_BROWSER"] = str(self.folder / "nothing")
        self.fails(3, "report", study, "--pdf", env=environment, says=("NIWAKI_BROWSER",))
        broken = self.write("broken-browser", "#!/bin/sh\nexit 7\n")
        broken.chmod(0o755)
        environment["NIWAKI_BROWSER"] = str(broken)
        self.fails(1, "report", study, "--pdf", env=environment, says=("failed to print",))
        silent = self.write("silent-browser", "#!/bin/sh\nexit 0\n")
        silent.chmod(0o755)
        environment["NIWAKI_BROWSER"] = str(silent)
        self.fails(1, "report", study, "--pdf", env=environment, says=("printed no PDF",))

    def test_an_anonymous_page_stands_beside_the_studys_own(self):
        study = copy_of_small_study(self.folder / "study")
        own = (study / "report.html").read_bytes()
        self.niwaki("report", study, "--anonymous", "hash")
        self.assertEqual((study / "report.html").read_bytes(), own)
        first = (study / "report-anonymous.html").read_bytes()
        self.assertEqual(stat.S_IMODE((study / "report.key").stat().st_mode), 0o600)
        self.assertNotIn((study / "report.key").read_bytes().strip(), first)
        self.niwaki("report", study, "--anonymous", "hash")
        self.assertEqual((study / "report-anonymous.html").read_bytes(), first, "the key is kept")
        (study / "report.key").unlink()
        self.niwaki("report", study, "--anonymous", "hash")
        self.assertNotEqual((study / "report-anonymous.html").read_bytes(), first, "another key, other hashes")
        (study / "report.key").write_text("short\n")
        self.fails(3, "report", study, "--anonymous", "hash", says=("report.key",))
        self.fails(2, "report", study, "--anonymous", "perhaps")
        self.fails(2, "report", study, "--language", "ja")
