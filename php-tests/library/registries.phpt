--TEST--
NameResolver\Consul and Nacos speak with their registries
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;
use Swoole\NameResolver\{Consul, Exception as Refused, Nacos};
use function Swoole\Coroutine\run;

// What of the two registries' APIs a resolver uses.
$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1]);
    $services = [];
    $http->on('request', function ($q, $r) use (&$services) {
        $path = $q->server['request_uri']; $method = $q->server['request_method'];
        $content = json_decode($q->rawContent() ?: 'null', true);
        if ($method === 'PUT' && $path === '/v1/agent/service/register') { $services[$content['ID']] = $content; $r->end(); return; }
        if ($method === 'PUT' && preg_match('~^/v1/agent/service/deregister/(.*)$~', $path, $m)) { if (!isset($services[$m[1]])) { $r->status(404); $r->end('Unknown service'); return; } unset($services[$m[1]]); $r->end(); return; }
        if ($method === 'PUT' && str_starts_with($path, '/v1/agent/service/maintenance/')) { $r->end(); return; }
        if (preg_match('~^/v1/catalog/service/(.*)$~', $path, $m)) { $r->end(json_encode(array_values(array_map(fn ($s) => ['ServiceAddress' => $s['Address'], 'ServicePort' => $s['Port'], 'ServiceWeights' => $s['Weights']], array_filter($services, fn ($s) => $s['Name'] === $m[1]))))); return; }
        $g = $q->get ?? [];
        if ($path === '/nacos/v1/ns/instance') { $id = "{$g['serviceName']}/{$g['ip']}:{$g['port']}"; if ($method === 'POST') { $services[$id] = $g; } else { unset($services[$id]); } $r->end('ok'); return; }
        if ($path === '/nacos/v1/ns/instance/list') { $r->end(json_encode(['hosts' => array_values(array_map(fn ($s) => ['ip' => $s['ip'], 'port' => (int) $s['port'], 'weight' => 1.0 * $s['weight']], array_filter($services, fn ($s) => ($s['serviceName'] ?? '') === $g['serviceName'])))])); return; }
        $r->status(500); $r->end('what?');
    });
    $http->start();
    PHP);
run(static function () use ($server) {
    foreach ([Consul::class, Nacos::class] as $class) {
        $resolver = new $class("http://localhost:{$server->port}/");
        check("{$class}: joined", [$resolver->join('web', '10.0.0.1', 80), $resolver->join('web', '10.0.0.2', 81, ['weight' => 50]), $resolver->join('db', '10.0.0.3', 3306)], [true, true, true]);
        $cluster = $resolver->lookup('web');
        $nodes = [$cluster->pop(), $cluster->pop(), $cluster->pop()];
        sort($nodes);
        check("{$class}: nodes", $nodes, [false, ['host' => '10.0.0.1', 'port' => 80, 'weight' => 100], ['host' => '10.0.0.2', 'port' => 81, 'weight' => 50]]);
        check("{$class}: one", $resolver->lookup('db')['host'], '10.0.0.3');
        check("{$class}: none", $resolver->lookup('nothing'), '');
        check("{$class}: left", [$resolver->leave('db', '10.0.0.3', 3306), $resolver->lookup('db')], [true, '']);
    }
    $consul = new Consul("http://127.0.0.1:{$server->port}");
    check('maintenance', $consul->enableMaintenanceMode('web', '10.0.0.1', 80));
    try { $consul->leave('db', '10.0.0.3', 3306); } catch (Refused $e) { echo $e->getMessage(), ' (', $e->getCode(), ")\n"; }
});
?>
--EXPECT--
ok: Swoole\NameResolver\Consul: joined
ok: Swoole\NameResolver\Consul: nodes
ok: Swoole\NameResolver\Consul: one
ok: Swoole\NameResolver\Consul: none
ok: Swoole\NameResolver\Consul: left
ok: Swoole\NameResolver\Nacos: joined
ok: Swoole\NameResolver\Nacos: nodes
ok: Swoole\NameResolver\Nacos: one
ok: Swoole\NameResolver\Nacos: none
ok: Swoole\NameResolver\Nacos: left
ok: maintenance
Http Body: Unknown service (404)
