--TEST--
An application over TLS and HTTP/2: bodies that are read as they arrive, errors, settings that are wrong, a reload during an upload
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\{Certificates, Http2Frames as F, HttpClient, Server};

$certificates = new Certificates();
$certificates->leaf('one', 'one.test');
$certificates->leaf('two', 'two.test');
$code = <<<'PHP'
    <?php
    use Highper\Attribute\StreamBody;
    use Highper\Http\Request;
    $folder = getenv('FOLDER');
    $app = Highper\Application::create(__DIR__)->settings(['workers' => 1, 'max_body_size' => '30M', 'access_log' => false] + json_decode(getenv('SETTINGS'), true));
    $app->get('/', fn (Request $r) => ['host' => $r->header('host'), 'peer' => $r->ip()]);
    $app->get('/fails', fn () => throw new RuntimeException('no'));
    $app->post('/sum', #[StreamBody] function (Request $r) {
        for ($n = 0, $hash = hash_init('crc32b'); ($piece = $r->read()) !== ''; usleep(1000)) { $n += strlen($piece); hash_update($hash, $piece); }
        return "{$n} " . hash_final($hash);
    });
    $app->post('/unread', #[StreamBody] fn () => 'not read');
    exit($app->run([$argv[0]]));
    PHP;
$start = fn (array $settings, bool $wait = true) => Server::start($code, environment: ['FOLDER' => $certificates->folder, 'SETTINGS' => json_encode($settings)], wait: $wait);
$files = fn (string $name) => ['certificate' => $certificates->path("{$name}.crt"), 'key' => $certificates->path("{$name}.key")];

$server = $start(['tls' => $files('one') + ['names' => ['two.test' => $files('two')]]]);
$shown = fn (string $name) => Certificates::shown($certificates->connect($server->port, ['peer_name' => $name]));
check('certificates by name', [$shown('one.test'), $shown('two.test')], ['one.test', 'two.test']);
$old = $certificates->connect($server->port, ['alpn_protocols' => 'http/1.1']);
fwrite($old, "GET / HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\n\r\n");
check('HTTP/1.1', str_contains((string) stream_get_contents($old), '"host":"one.test"'));
$c = new F($socket = $certificates->connect($server->port, ['alpn_protocols' => 'h2,http/1.1']));
check('ALPN', stream_get_meta_data($socket)['crypto']['alpn_protocol'] ?? 'h2', 'h2');
$c->request(1, '/');
check('HTTP/2', json_decode($c->body(1), true)['host'], 'one.test');
$c->request(3, '/fails');
check('an error', str_contains($c->body(3), '500'));
$c->request(5, '/nothing');
check('a miss', str_contains($c->body(5), '404'));

$upload = function (F $c, int $stream, string $path, string $body, ?callable $between = null): string {
    $c->request($stream, $path, false, [], 'POST');
    foreach ($pieces = str_split($body, 16_384) as $n => $piece) {
        $n === intdiv(count($pieces), 2) && $between && $between();
        $c->frame(F::DATA, $n === count($pieces) - 1 ? F::END : 0, $stream, $piece);
        if ($n % 8 === 7 && $n < count($pieces) - 1) {
            $c->until(F::WINDOW, $stream);
        }
    }
    return $c->body($stream);
};
$body = random_bytes(1 << 20);
check('an upload that is read as it arrives', $upload($c, 7, '/sum', $body), strlen($body) . ' ' . hash('crc32b', $body));
check('a reload during an upload loses nothing', $upload($c, 9, '/sum', $body, fn () => $server->signal(10) ?? usleep(300_000)), strlen($body) . ' ' . hash('crc32b', $body));
$c = new F($certificates->connect($server->port, ['alpn_protocols' => 'h2']));
$c->request(1, '/unread', false, [], 'POST');
check('a body that nobody reads', $c->body(1), 'not read');
$c->request(3, '/');
check('the connection goes on', json_decode($c->body(3), true)['peer'], '127.0.0.1');
check('the end', $server->stop(), 0);

$server = $start([]);
$c = F::to($server->port);
$c->request(1, '/');
check('without TLS, by prior knowledge', json_decode($c->body(1), true)['host'], 'one.test');
$server->stop();
$server = $start(['http2' => false]);
$c = F::to($server->port);
check('switched off', str_starts_with((string) stream_get_contents($c->socket), 'HTTP/1.1 505'));
$server->stop();
$server = $start(['tls' => $files('one') + ['client_ca' => $certificates->path('ca.crt')]]);
$ask = function (array $options) use ($certificates, $server) {
    $socket = $certificates->connect($server->port, $options + ['alpn_protocols' => 'http/1.1']);
    $socket && @fwrite($socket, "GET / HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\n\r\n");
    return substr($socket ? (string) @stream_get_contents($socket) : '', 0, 12);
};
check('clients with a certificate only', [$ask(['local_cert' => $certificates->path('two.crt'), 'local_pk' => $certificates->path('two.key')]), $ask([])], ['HTTP/1.1 200', '']);
$server->stop();
foreach ([['tls' => true], ['tls' => ['certificate' => '/nowhere', 'key' => '/nowhere']], ['tls' => $files('one') + ['cypher' => 'x']], ['tls' => ['certificate' => $certificates->path('one.crt'), 'key' => $certificates->path('two.key')]]] as $wrong) {
    $server = $start($wrong, false);
    $code = $server->waitForEnd();
    echo $code === 0 ? 'WRONG' : 'ok', ': ', preg_replace(['~/\S*/~', '/\s+/'], ['', ' '], trim(strtok($server->log(), "\n"))), "\n";
}
?>
--EXPECT--
ok: certificates by name
ok: HTTP/1.1
ok: ALPN
ok: HTTP/2
ok: an error
ok: a miss
ok: an upload that is read as it arrives
ok: a reload during an upload loses nothing
ok: a body that nobody reads
ok: the connection goes on
ok: the end
ok: without TLS, by prior knowledge
ok: switched off
ok: clients with a certificate only
ok: highper: setting 'tls' must be an array with certificate and key, bool given
ok: highper: setting 'tls.certificate' names the file /nowhere, which is not there or can't be read
ok: highper: there is no setting 'tls.cypher'; those of tls are auto, certificate, key, ocsp, passphrase, names, client_ca, min_version, ciphers
ok: highper: cannot start: the setting 'tls' can't be used: keys may not be consistent: KeyMismatch
