--TEST--
Http\Client in an application: config/http.php, named clients, what is wrong with them at boot, metrics; outside of coroutines
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Highper\Http\Client;
use HighperTest\Server;
use function HighperTest\{check, temp_path};

mkdir(temp_path('config'));
file_put_contents(temp_path('config/http.php'), <<<'PHP'
    <?php
    return ['timeout' => 2.0, 'self' => ['base' => 'http://127.0.0.1:' . getenv('PORT'), 'headers' => ['X-By' => 'self'], 'pool' => ['max' => 3]]];
    PHP);
$script = <<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Attribute\Inject;
    use Highper\Http\{Client, Request};
    final readonly class Asker { public function __construct(#[Inject('http.NAME')] public Client $named, public Client $any) {} }
    exit(Application::create(basePath: __DIR__)
        ->metrics('/metrics')
        ->get('/ask', fn (Asker $asker) => $asker->named->get('/by')->json() + ['same' => $asker->any !== $asker->named])
        ->get('/by', fn (Request $request) => ['by' => $request->header('X-By')])
        ->run([$argv[0], '--workers', '1']));
    PHP;
$server = Server::start(strtr($script, ['NAME' => 'self']));
// Outside of coroutines it waits as any library does.
$client = new Client(base: "http://127.0.0.1:{$server->port}", timeout: 10.0);
check('a named client', $client->get('/ask')->json(), ['by' => 'self', 'same' => true]);
check('a kept connection', [$client->get('/by')->status, $client->stats()['servers']["http://127.0.0.1:{$server->port}"]['made']], [200, 1]);
check('several at the same time', array_map(fn ($answer) => $answer->status, $client->multi(['/by', '/by', '/none'])), [200, 200, 404]);
$metrics = HighperTest\wait_until(function () use ($client) {
    $text = $client->get('/metrics')->body();
    return str_contains($text, 'highper_http_client_requests_total{client="self"} 1') ? $text : null;
}, 'the figures of the client');
check('metrics', str_contains($metrics, 'highper_http_client_connections_idle{client="self"} 1'));
$server->kill();
$wrong = Server::start(strtr($script, ['NAME' => 'none']), wait: false);
$wrong->waitForLog("there is no HTTP client of this name: config/http.php needs 'none' => ['base' => 'https://…']");
$wrong->kill();
file_put_contents(temp_path('config/http.php'), "<?php return ['timeouts' => 3, 'self' => ['base' => 'http://x.example']];");
$wrong = Server::start(strtr($script, ['NAME' => 'self']), wait: false);
$wrong->waitForLog("config/http.php: there is no setting 'timeouts'; there are base, headers, timeout");
$wrong->kill();
echo "done\n";
?>
--EXPECT--
ok: a named client
ok: a kept connection
ok: several at the same time
ok: metrics
done
