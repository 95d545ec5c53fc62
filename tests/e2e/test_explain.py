"""eastap explain as a user calls it: output, exit status, current settings of a rule."""
import json
import pathlib
import tempfile
import unittest

from harness import EndToEnd, run, tearDownModule  # noqa: F401


class Explain(EndToEnd):
    def test_a_status_by_command_and_number(self):
        done = run("explain", "folder-sync", "9")
        self.assertEqual(done.returncode, 0)
        self.assertTrue(done.stdout.startswith("FolderSync status 9: InvalidSyncKey\n"), done.stdout)
        self.assertNotIn("\x1b", done.stdout)
        self.assertTrue(all(len(line) <= 80 for line in done.stdout.splitlines()))

    def test_nothing_of_that_name_ends_with_2_and_names_the_nearest(self):
        done = run("explain", "http", "448")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("http 449", done.stderr)

    def test_without_a_word_it_says_what_can_be_asked(self):
        done = run("explain")
        self.assertEqual(done.returncode, 0)
        self.assertIn("eastap explain X-MS-PolicyKey", done.stdout)
        self.assertGreater(len(json.loads(run("explain", "--json").stdout)["topics"]), 8)

    def test_a_rule_shows_what_the_config_file_and_the_command_line_set(self):
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder) / "eastap.toml"
            config.write_text('[rules.provision-loop]\nthreshold = 8\nwindow_seconds = 120\n')
            done = run("explain", "provision-loop", "--json", "--config", str(config), "--rule", "provision-loop.threshold=9")
            entry = json.loads(done.stdout)["entry"]
            self.assertEqual(entry["threshold"], 9)
            self.assertEqual(entry["threshold_default"], 5)
            self.assertEqual(entry["threshold_set_at"], "--rule")
            self.assertEqual(entry["window_seconds"], 120)
            self.assertTrue(entry["window_set_at"].endswith("eastap.toml:3"), entry["window_set_at"])

    def test_a_setting_that_cannot_work_is_refused(self):
        done = run("explain", "provision-loop", "--rule", "provision-lop.threshold=9")
        self.assertEqual(done.returncode, 2)
        self.assertIn("provision-loop", done.stderr)


if __name__ == "__main__":
    unittest.main()
