--TEST--
Certificates that the server gets by itself: by HTTP and by TLS, for several names, renewed under way, kept over a restart
--EXTENSIONS--
openssl
--SKIPIF--
<?php if (!trim((string) shell_exec('command -v openssl'))) echo 'skip the program openssl is not there';
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\{Authority, HttpClient, Server};

$code = <<<'PHP'
    <?php
    use Highper\Http\Request;
    exit(Highper\Application::create(__DIR__)
        ->settings(['workers' => 2] + json_decode(getenv('SETTINGS'), true))
        ->metrics('/metrics')
        ->get('/', fn (Request $request) => $request->isSecure() ? 'secure' : 'plain')
        ->run([$argv[0], ...array_slice($argv, 2)]));
    PHP;
$authority = (new Authority(['hang' => true]))->start();
$start = fn (array $auto, array $arguments = []) => Server::start($code, $arguments, environment: ['SETTINGS' => json_encode($authority->settings($auto))], port: $authority->https);
$get = function (string $path, $socket = null) use ($authority): string {
    $socket ??= $authority->certificates->connect($authority->https, ['peer_name' => 'one.test', 'verify_peer_name' => true]);
    if (!$socket) return 'no connection';
    fwrite($socket, "GET {$path} HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\n\r\n");
    return explode("\r\n\r\n", stream_get_contents($socket), 2)[1];
};
$server = $start(['names' => ['One.test', 'two.test']]);
check('until there is one, one that nobody has signed', $authority->shown('one.test')['names'], 'DNS:one.test, DNS:two.test');
wait_until(fn () => str_contains($authority->events(), 'asked to look at one.test by http-01'), 'the order');
$before = $authority->certificates->connect($authority->https, ['verify_peer' => false, 'verify_peer_name' => false]);
$authority->tell(['hang' => false]);
check('one for each name', [$authority->waitFor('one.test')['names'], $authority->waitFor('two.test')['names']], ['DNS:one.test', 'DNS:two.test']);
check('a connection from before goes on', $get('/', $before), 'secure');
check('and new ones trust it', $get('/'), 'secure');
check('who asks for no name gets the first', $authority->shown('other.test')['names'], 'DNS:one.test');
wait_until(fn () => count(array_unique(array_map(fn () => $authority->shown('two.test')['serial'], range(1, 20)))) === 1, 'both workers show the same');
check('proven by HTTP', preg_match_all('/^http-01 of (one|two)\.test is valid$/m', $authority->events()), 2);
check('one account', [substr_count($authority->events(), 'account mailto:ops@one.test'), substr_count($authority->events(), 'account')], [1, 1]);
$ask = function (string $path, string $host) use ($authority): array {
    $answer = (new HttpClient($authority->http))->request('GET', $path, '', ['Host' => $host, 'Connection' => 'close']);
    return [$answer->status, $answer->header('location')];
};
check('plain HTTP is sent to HTTPS', $ask('/a/b?c=d', 'one.test'), [308, 'https://one.test/a/b?c=d']);
check('at its own port to the own port', $ask('/', "one.test:{$authority->http}"), [308, "https://one.test:{$authority->https}/"]);
check('what is no host', $ask('/', 'a@b'), [400, null]);
check('unknown tokens', [$ask('/.well-known/acme-challenge/abc', 'one.test'), $ask('/.well-known/acme-challenge/../account.json', 'one.test'), $ask('/.well-known/acme-challenge/', 'one.test')], array_fill(0, 3, [404, null]));
$files = glob(temp_path('tls/*/*'));
check('nobody else reads them', [array_unique(array_map(fn ($file) => decoct(fileperms($file) & 0777), $files)), decoct(fileperms(temp_path('tls')) & 0777)], [['600'], '700']);
sort($files);
check('what is kept', array_map(basename(...), $files), ['account.json', 'lock', 'one.test.pem', 'two.test.pem']);
wait_until(fn () => str_contains($get('/metrics'), 'highper_tls_orders_total{name="two.test",result="good"} 1'), 'the figures');
check('figures', (bool) preg_match('/^highper_tls_certificate_expiry_timestamp_seconds\{name="one.test"\} ' . $authority->shown('one.test')['until'] . '$/m', $get('/metrics')));
$status = Server::start($code, ['status'], environment: ['SETTINGS' => json_encode($authority->settings(['names' => ['one.test', 'two.test']]))], wait: false, port: $authority->https);
$status->waitForEnd();
check('the process in the status', (bool) preg_match('/^certificates +\d+/m', $status->log()) ?: $status->log());
$serial = $authority->shown('one.test')['serial'];
$server->signal(10);
$server->waitForLog('the certificate of one.test is valid until');
check('a reload keeps it', $authority->shown('one.test')['serial'], $serial);
check('the end', $server->stop(), 0);
check('one order for each name', substr_count($authority->events(), 'signed'), 2);

$server = $start(['names' => ['one.test', 'two.test']]);
check('it is there again after a restart', $authority->shown('one.test')['serial'], $serial);
$server->stop();

$authority->tell(['lifetime' => 8]);
$server = $start(['names' => ['short.test'], 'challenges' => ['tls-alpn-01'], 'http' => null]);
$first = $authority->waitFor('short.test');
check('proven by TLS', str_contains($authority->events(), 'tls-alpn-01 of short.test is valid'));
$second = wait_until(fn () => ($shown = $authority->shown('short.test'))['serial'] !== $first['serial'] ? $shown : null, 'a renewed certificate', 20);
check('renewed before it ends', [$second['by'], time() < $first['until']], ['the authority', true]);
check('by the account of before', substr_count($authority->events(), 'account'), 1);
check('a plain port that nobody wants', @stream_socket_client("tcp://127.0.0.1:{$authority->http}"), false);
check('exit code', $server->stop(), 0);
--EXPECT--
ok: until there is one, one that nobody has signed
ok: one for each name
ok: a connection from before goes on
ok: and new ones trust it
ok: who asks for no name gets the first
ok: proven by HTTP
ok: one account
ok: plain HTTP is sent to HTTPS
ok: at its own port to the own port
ok: what is no host
ok: unknown tokens
ok: nobody else reads them
ok: what is kept
ok: figures
ok: the process in the status
ok: a reload keeps it
ok: the end
ok: one order for each name
ok: it is there again after a restart
ok: proven by TLS
ok: renewed before it ends
ok: by the account of before
ok: a plain port that nobody wants
ok: exit code
