"""steady serve and steady follow over TLS, with certificates that the openssl command makes."""

import re
import shutil
import subprocess
import unittest

from command import COMMAND, CommandTest, run


@unittest.skipUnless(shutil.which("openssl"), "there is no openssl command to make certificates")
class TlsTest(CommandTest):
    def make_certificate(self, name):
        """One that signs itself, for 127.0.0.1; gives the certificate's file and the key's."""
        certificate, key = self.path(f"{name}.pem"), self.path(f"{name}.key")
        subprocess.run(
            ["openssl", "req", "-x509", "-days", "2", "-nodes", "-subj", f"/CN={name}",
             "-addext", "subjectAltName=IP:127.0.0.1", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-keyout", key, "-out", certificate],
            check=True, capture_output=True,
        )
        return certificate, key

    def serve(self, *arguments):
        """Starts a server on a free port; gives its address."""
        process = subprocess.Popen(
            [COMMAND, "serve", "stock", "--listen", "127.0.0.1:0", *map(str, arguments)],
            cwd=self.directory, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        line = process.stderr.readline()
        if "built without" in line:
            self.skipTest(line)
        found = re.search(r"at (127\.0\.0\.1:\d+)", line)
        self.assertIsNotNone(found, line)
        process.stdin.write("set a 1\n")
        process.stdin.flush()
        return found.group(1)

    def follow(self, *arguments, status=0):
        done = run("follow", *arguments, cwd=self.directory)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def test_a_map_goes_over_tls(self):
        certificate, key = self.make_certificate("server")
        other, _ = self.make_certificate("other")
        address = self.serve("--tls-certificate", certificate, "--tls-key", key)
        for trust in ("--tls-authority", "--tls-pinned"):
            done = self.follow(address, "--until", "1", trust, certificate)
            self.assertEqual(done.stdout.split("\t")[-2:], ["a", "1\n"])
            done = self.follow(address, "--once", trust, other, status=1)
            self.assertIn("the server's certificate is refused: ", done.stderr)
        done = self.follow(
            address, "--once", "--tls-authority", certificate, "--tls-name", "shop", status=1
        )
        self.assertIn("it is not for 'shop'", done.stderr)
        done = self.follow(address, "--once", status=1)
        self.assertIn("the server speaks TLS only", done.stderr)

    def test_both_have_to_speak_it(self):
        certificate, _ = self.make_certificate("server")
        address = self.serve()
        done = self.follow(address, "--once", "--tls-pinned", certificate, status=1)
        self.assertIn("the server speaks no TLS", done.stderr)

    def test_wrong_options(self):
        certificate, key = self.make_certificate("server")
        _, other_key = self.make_certificate("other")
        self.serve()  # only to know whether there are sockets
        done = run(
            "serve", "else", "--listen", "unix:s", "--tls-certificate", certificate, "--tls-key",
            other_key, cwd=self.directory, stdin=subprocess.DEVNULL,
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{other_key} cannot be used as the private key", done.stderr)
        done = run("serve", "else", "--tls-key", key, cwd=self.directory)
        self.assertEqual(done.returncode, 2)
        done = run("follow", "a:1", "--tls-name", "x", cwd=self.directory)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main()
