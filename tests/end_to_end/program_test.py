"""The program's own options, its two files, and command lines that are wrong."""
import shutil
import subprocess

from .workplace import EndToEnd, place

VERBS = ["audit", "bench", "cohort", "demo", "inspect", "predict", "prune", "readers", "report", "study", "train"]


class Program(EndToEnd):
    def test_version_is_one_line(self):
        self.assertRegex(self.niwaki("--version").out, r"^niwaki \d+\.\d+\.\d+\n$")

    def test_help_lists_every_verb(self):
        text = self.niwaki("--help").out
        for verb in VERBS:
            self.assertRegex(text, rf"(?m)^\s+{verb}\b")

    def test_each_verb_explains_itself(self):
        for verb in VERBS:
            with self.subTest(verb=verb):
                self.assertIn("--help", self.niwaki(verb, "--help").out)

    def test_verbs_that_read_scores_start_without_the_heavy_libraries(self):
        listed = subprocess.run(["ldd", place().program], capture_output=True, text=True, check=True).stdout
        self.assertNotRegex(listed, "torch|opencv|dnnl|onnx")
        engine = place().program.with_name("niwaki-engine")
        self.assertNotIn("torch", subprocess.run(["ldd", engine], capture_output=True, text=True, check=True).stdout)

    def test_without_its_other_parts_the_program_holds_the_verbs_that_read_scores(self):
        program = self.folder / "niwaki"
        shutil.copy(place().program, program)
        for arguments in (["--version"], ["audit", "--help"]):
            subprocess.run([program, *arguments], stdout=subprocess.DEVNULL, check=True)
        for verb, other in (("inspect", "networks"), ("bench", "engine"), ("guard", "engine"), ("predict", "engine")):
            done = subprocess.run([program, verb, "x"], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, rf"^niwaki: error: .+: .*/niwaki-{other}: .*make build.*\n$")

    def test_no_verb_is_a_usage_error(self):
        self.fails(2)

    def test_an_unknown_verb_is_a_usage_error(self):
        self.fails(2, "prunne", says=["prunne"])

    def test_an_unknown_option_is_a_usage_error(self):
        self.fails(2, "inspect", "--no-such-option", "x", says=["no-such-option"])

    def test_an_option_that_is_missing_is_named(self):
        self.fails(2, "prune", "--method", "l1", "--sparsity", "0.5", "--out", self.folder / "p.onnx", says=["--model"])

    def test_a_number_that_is_none_is_a_usage_error(self):
        self.fails(2, "cohort", "phantom", "--images", "many", "--out", self.folder / "phantom", says=["--images"])

    def test_a_number_of_threads_out_of_range_is_a_usage_error(self):
        for threads in (-1, 100000):
            self.fails(2, "cohort", "phantom", "--images", 4, "--threads", threads, "--out", self.folder / "phantom",
                       says=["--threads"])
