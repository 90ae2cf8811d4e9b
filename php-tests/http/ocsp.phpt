--TEST--
OCSP responses are sent along with certificates, by name, and read anew at a reload
--EXTENSIONS--
openssl
--SKIPIF--
<?php if (!trim((string) shell_exec('command -v openssl'))) echo 'skip the program openssl is not there';
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\{Certificates, Server};

$certificates = new Certificates();
$certificates->leaf('one', 'one.test');
$certificates->leaf('two', 'two.test');
/** Has the authority speak of a certificate: valid for so many days. */
$respond = function (string $name, int $days) use ($certificates): void {
    $serial = strtoupper(openssl_x509_parse(file_get_contents($certificates->path("{$name}.crt")))['serialNumberHex']);
    file_put_contents(temp_path('index.txt'), "V\t491231235959Z\t\t" . (strlen($serial) % 2 ? '0' : '') . "{$serial}\tunknown\t/CN={$name}.test\n");
    $run = fn (string $command) => exec("cd {$certificates->folder} && openssl ocsp {$command} 2>&1", $said, $code) !== false && $code === 0 || throw new RuntimeException(implode("\n", $said));
    $run("-issuer ca.crt -cert {$name}.crt -no_nonce -reqout {$name}.req");
    $run("-index index.txt -rsigner ca.crt -rkey ca.key -CA ca.crt -reqin {$name}.req -ndays {$days} -respout {$name}.ocsp");
};
$respond('one', 3);
$respond('two', 4);
$code = <<<'PHP'
    <?php
    $folder = getenv('FOLDER');
    $of = fn (string $name) => ['certificate' => "{$folder}/{$name}.crt", 'key' => "{$folder}/{$name}.key", 'ocsp' => "{$folder}/{$name}.ocsp"];
    exit(Highper\Application::create(__DIR__)
        ->settings(['workers' => 1, 'log_level' => 'error', 'tls' => $of('one') + ['names' => ['two.test' => $of('two')]]])
        ->get('/', fn () => 'hello')
        ->run([$argv[0]]));
    PHP;
$server = Server::start($code, environment: ['FOLDER' => $certificates->folder]);
/** Days that the stapled response of a name is valid, by openssl's client. */
$stapled = function (string $name) use ($server, $certificates): ?float {
    $said = (string) shell_exec("openssl s_client -connect 127.0.0.1:{$server->port} -servername {$name} -status -CAfile {$certificates->path('ca.crt')} </dev/null 2>/dev/null");
    preg_match('/Cert Status: good.*?This Update: ([^\n]+).*?Next Update: ([^\n]+)/s', $said, $found);

    return $found ? round((strtotime($found[2]) - strtotime($found[1])) / 86400, 1) : null;
};
check('of the first certificate', $stapled('one.test'), 3.0);
check('of another name', $stapled('two.test'), 4.0);
$respond('one', 5);
$server->signal(10);
check('a reload reads it anew', wait_until(fn () => $stapled('one.test') === 5.0, 'the new response'));
file_put_contents($certificates->path('one.ocsp'), 'nonsense');
$server->signal(10);
check('one that is none is not taken', [str_contains($server->waitForLog('no OCSP response in it'), 'one.ocsp'), $stapled('one.test')], [true, 5.0]);
check('exit code', $server->stop(), 0);
$wrong = Server::start($code, environment: ['FOLDER' => $certificates->folder], wait: false);
$wrong->waitForEnd();
check('nor at the start', str_contains($wrong->log(), 'no OCSP response in it; it has to be DER') ?: $wrong->log());
--EXPECT--
ok: of the first certificate
ok: of another name
ok: a reload reads it anew
ok: one that is none is not taken
ok: exit code
ok: nor at the start
