--TEST--
Messages of TCP at a reload and at the end, by TLS, a unix socket, with superglobals of their own, through filters; a port that is taken
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, patience, temp_path, wait_until};
use HighperTest\{Certificates, Server, TcpClient};

$certificates = new Certificates();
$certificates->leaf('one', 'one.test');
[$plain, $secure, $own] = [free_port(), free_port(), temp_path('own.sock')];
$code = <<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Filter\RateLimit;
    use Highper\Http\{Request, Response};
    $folder = getenv('FOLDER');
    exit(Application::create(__DIR__)
        ->settings(['workers' => 1, 'log_level' => 'alert', 'max_wait_time' => 5, 'superglobals' => getenv('SCOPE'), 'tls' => ['certificate' => "{$folder}/one.crt", 'key' => "{$folder}/one.key"]])
        ->preRouter(fn (Request $request) => $request->path() === '/hidden' ? Response::text('by a filter before the router') : null)
        ->middleware(function (Request $request, Closure $next) { return $next($request); })
        ->map(['TCP'], '/pid', fn () => (string) getmypid())
        ->map(['TCP'], '/slow', function () { touch(getenv('FOLDER') . '/begun'); usleep(400_000); return 'slow'; })
        ->map(['TCP'], '/secure', fn (Request $request) => json_encode([$request->isSecure(), $request->ip()]))
        ->map(['TCP'], '/printed', function () { echo 'printed ', $_SERVER['REQUEST_METHOD'] ?? 'nowhere', ' ', $_GET['a'] ?? ''; })
        ->map(['TCP'], '/limited', fn () => 'let through', new RateLimit('2/hour'))
        ->map(['TCP'], '/fatal', function () { return str_repeat('x', PHP_INT_MAX - 100); })
        ->tcp('127.0.0.1:' . getenv('PLAIN'))
        ->tcp('127.0.0.1:' . getenv('SECURE'), tls: true)
        ->tcp('unix:' . getenv('OWN'))
        ->run([$argv[0]]));
    PHP;
$environment = ['FOLDER' => $certificates->folder, 'PLAIN' => (string) $plain, 'SECURE' => (string) $secure, 'OWN' => $own, 'SCOPE' => 'shared'];
$server = Server::start($code, environment: $environment);
$ask = function (TcpClient $client, string $line): string {
    $client->send("{$line}\n");

    return $client->readLine();
};
$c = new TcpClient($plain);
$first = $ask($c, 'pid');
$c->send("slow\n");
wait_until(fn () => file_exists($certificates->path('begun')), 'the beginning of a handler');
$server->signal(10);
check('what has begun at a reload is answered', $c->readLine(), 'slow');
check('then its connection is closed', $c->isClosedWithin(10), true);
$c = new TcpClient($plain);
check('another worker serves on', wait_until(fn () => $ask(new TcpClient($plain), 'pid') !== $first, 'another worker'));
$socket = $certificates->connect($secure);
fwrite($socket, "secure\n");
check('TLS', fgets($socket), "[true,\"127.0.0.1\"]\n");
$unix = stream_socket_client("unix://{$own}", $errno, $error, patience(5));
fwrite($unix, "secure\n");
check('a unix socket', fgets($unix), "[false,\"\"]\n");
check('a filter before the router', $ask($c, 'hidden'), 'by a filter before the router');
check('a limit', [$ask($c, 'limited'), $ask($c, 'limited'), json_decode($ask($c, 'limited'), true)['status']], ['let through', 'let through', 429]);
check('a fatal error', json_decode($ask($c, 'fatal'), true)['status'] ?? null, 500);
$c = wait_until(function () use ($plain, $ask) {
    try {
        return $ask($c = new TcpClient($plain), 'pid') ? $c : null;
    } catch (RuntimeException) {
        return null;
    }
}, 'a worker after the fatal one');
unlink($certificates->path('begun'));
$c->send("slow\n");
wait_until(fn () => file_exists($certificates->path('begun')), 'the beginning of a handler');
$server->signal(15);
check('what has begun at the end is answered', [$c->readLine(), $c->isClosedWithin(10)], ['slow', true]);
check('exit code', $server->waitForEnd(), 0);

$server = Server::start($code, environment: ['SCOPE' => 'request'] + $environment);
check('superglobals and output of its own', $ask(new TcpClient($plain), 'printed?a=b'), 'printed TCP b');
$second = Server::start($code, environment: $environment, wait: false);
check('a port that is taken', [$second->waitForEnd(), str_contains($second->log(), "cannot listen on 127.0.0.1:{$plain}: it is taken") ?: $second->log()], [1, true]);
check('exit code', $server->stop(), 0);
foreach (["tcp('x:y')" => 'a port is a number', "tcp(':1', framing: 'lines')" => 'must be one of line, nul', "tcp(':1', key: 'json')" => "must be 'word'", "tcp(':1', maxMessage: 0)" => 'maxMessage must be bytes',
    "tcp(':1', idle: -1)" => 'must be between 0', "udp(':1', key: 5)" => 'must be a Closure or a text', "tcp(':1')->tcp(':1')" => 'is listened on already, see'] as $call => $text) {
    $said = (string) shell_exec(escapeshellarg(getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY) . ' -r ' . escapeshellarg("Highper\\Application::create('/tmp')->{$call};") . ' 2>&1');
    check($call, str_contains($said, $text) ?: $said);
}
--EXPECTREGEX--
\A(?:ok: [^\n]*\n){19}ok: [^\n]*\s*\Z
