--TEST--
hook_flags of a server, and Runtime::setHookFlags() inside it
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{HttpClient, Server};

$code = <<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1] + json_decode($argv[2], true));
    $http->on('request', function ($q, $r) {
        if (isset($q->get['flags'])) { Swoole\Runtime::setHookFlags((int) $q->get['flags']); }
        if (isset($q->get['sleep'])) { usleep(200_000); }
        $r->end((string) Swoole\Runtime::getHookFlags());
    });
    $http->start();
    PHP;
// Do two requests that sleep run side by side?
$sideBySide = function (Server $server): bool {
    $start = microtime(true);
    $clients = [new HttpClient($server->port), new HttpClient($server->port)];
    array_map(fn ($c) => $c->send('GET', '/?sleep'), $clients);
    array_map(fn ($c) => $c->receive(), $clients);
    return microtime(true) - $start < 0.38;
};
$all = 2143287295;
foreach (['{}' => [$all, true], '{"hook_flags": 0}' => [0, false], '{"hook_flags": 512}' => [512, true], '{"hook_flags": 2}' => [2, false]] as $settings => [$flags, $sleeps]) {
    $server = Server::start($code, [$settings]);
    check("{$settings}: flags", $server->get('/')->body, (string) $flags);
    check('sleep() suspends', $sideBySide($server), $sleeps);
    check('changed in a request', $server->get('/?flags=' . ($sleeps ? 0 : $all))->body, (string) ($sleeps ? 0 : $all));
    check('and it holds', $sideBySide($server), !$sleeps);
    check('exit code', $server->stop(), 0);
}
$server = Server::start($code, ['{"hook_flags": "many"}'], wait: false);
check('a wrong type is refused', [$server->waitForEnd() !== 0, str_contains($server->log(), 'the setting hook_flags must be a whole number, 0 or greater, "many" given')], [true, true]);
?>
--EXPECT--
ok: {}: flags
ok: sleep() suspends
ok: changed in a request
ok: and it holds
ok: exit code
ok: {"hook_flags": 0}: flags
ok: sleep() suspends
ok: changed in a request
ok: and it holds
ok: exit code
ok: {"hook_flags": 512}: flags
ok: sleep() suspends
ok: changed in a request
ok: and it holds
ok: exit code
ok: {"hook_flags": 2}: flags
ok: sleep() suspends
ok: changed in a request
ok: and it holds
ok: exit code
ok: a wrong type is refused
