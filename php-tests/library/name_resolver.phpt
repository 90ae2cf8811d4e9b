--TEST--
Name resolvers of the program: connections ask them, nodes take turns, filters, removal
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};
use Swoole\Coroutine;
use Swoole\NameResolver;
use Swoole\NameResolver\{Cluster, Context};

class Fixed extends NameResolver
{
    public int $asked = 0;
    public array $nodes = [];
    public function __construct() {}
    public function join(string $name, string $ip, int $port, array $options = []): bool { $this->nodes[$name][] = [$ip, $port]; return true; }
    public function leave(string $name, string $ip, int $port): bool { unset($this->nodes[$name]); return true; }
    public function getCluster(string $name): ?Cluster
    {
        $this->asked++;
        Coroutine::getCid() > 0 && Coroutine::sleep(0.001);
        if ($name === 'throws') { throw new LogicException('resolver failed'); }
        if (!isset($this->nodes[$name])) { return null; }
        $cluster = new Cluster();
        foreach ($this->nodes[$name] as $node) { $cluster->add(...$node); }
        return $cluster;
    }
}
$fixed = new Fixed();
$fixed->withFilter(static fn (string $name) => $name !== 'localhost');
Coroutine::set(['name_resolver' => [$fixed]]);
foreach (['10.0.0.1', '10.0.0.2', '10.0.0.3'] as $i => $ip) { $fixed->join('many', $ip, 80 + $i); }
$fixed->join('self', '127.0.0.1', 1);

$context = new Context(AF_INET, true);
$found = [];
for ($i = 0; $i < 6; $i++) { $found[] = swoole_name_resolver_lookup('many', $context); }
sort($found);
check('each node twice', [$found, $fixed->asked], [['10.0.0.1:80', '10.0.0.1:80', '10.0.0.2:81', '10.0.0.2:81', '10.0.0.3:82', '10.0.0.3:82'], 2]);
check('one node', [swoole_name_resolver_lookup('self', new Context()), swoole_name_resolver_lookup('self', new Context(AF_INET, true))], ['127.0.0.1', '127.0.0.1:1']);
check('no such service', swoole_name_resolver_lookup('none', new Context()), '');
check('the system, for what the filter leaves out', swoole_name_resolver_lookup('localhost', new Context()), '127.0.0.1');

run(static function () use ($fixed) {
    $listener = new Coroutine\Socket(AF_INET, SOCK_STREAM, 0);
    $listener->bind('127.0.0.1'); $listener->listen();
    $port = $listener->getsockname()['port'];
    go(static function () use ($listener) { while ($peer = $listener->accept(0.5)) { $peer->sendAll('hello'); $peer->close(); } });
    $socket = new Coroutine\Socket(AF_INET, SOCK_STREAM, 0);
    check('a socket asks it', [$socket->connect('self', $port), $socket->recv()], [true, 'hello']);
    $client = new Coroutine\Client(SWOOLE_SOCK_TCP);
    check('a client too', [$client->connect('self', $port), $client->recv()], [true, 'hello']);
    $socket = new Coroutine\Socket(AF_INET, SOCK_STREAM, 0);
    check('no such service', [$socket->connect('none', $port), $socket->errCode], [false, SWOOLE_ERROR_DNSLOOKUP_RESOLVE_FAILED]);
    try { (new Coroutine\Socket(AF_INET, SOCK_STREAM, 0))->connect('throws', $port); echo "connected\n"; } catch (LogicException $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
    try { (new Coroutine\Client(SWOOLE_SOCK_TCP))->connect('throws', $port); echo "connected\n"; } catch (LogicException $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
    $web = new Coroutine\Socket(AF_INET, SOCK_STREAM, 0);
    $web->bind('127.0.0.1'); $web->listen();
    go(static function () use ($web) { for ($i = 0; $peer = $web->accept(0.5); $i++) { $peer->recv(); $peer->sendAll($i ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" : "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"); $peer->close(); } });
    foreach ([1, $web->getsockname()['port'], $web->getsockname()['port']] as $at) { $fixed->join('web', '127.0.0.1', $at); }
    $http = new Coroutine\Http\Client('web');
    $http->set(['max_retries' => 3, 'timeout' => 1]);
    check('an HTTP client tries all nodes', [$http->get('/'), $http->body], [true, 'ok']);
    $http = new Coroutine\Http\Client('none');
    check('none for it', [$http->get('/'), $http->errCode, $http->statusCode], [false, SWOOLE_ERROR_DNSLOOKUP_RESOLVE_FAILED, -1]);
    try { (new Coroutine\Http\Client('throws'))->get('/'); } catch (LogicException $e) { echo get_class($e), "\n"; }
    $web->close();
    check('in a coroutine, by the system', swoole_name_resolver_lookup('localhost', new Context()), '127.0.0.1');
    $listener->close();
});
check('removed once', [swoole_name_resolver_remove($fixed), swoole_name_resolver_remove($fixed), swoole_name_resolver_add($fixed)], [true, false, true]);
check('not to be copied', (static function () use ($context) { $said = []; foreach ([fn () => clone $context, fn () => serialize($context)] as $try) { try { $try(); } catch (Throwable $e) { $said[] = $e::class; } } return $said; })(), ['Error', 'Exception']);
foreach (['Bad IP Address [x]' => ['x', 1], 'Bad Port [-1]' => ['1.1.1.1', -1], 'Bad Weight [101]' => ['1.1.1.1', 1, 101]] as $words => $node) {
    try { (new Cluster())->add(...$node); } catch (Swoole\Exception $e) { check($words, $e->getMessage(), $words); }
}
foreach (['nonsense', 'http://'] as $url) { try { new NameResolver\Redis($url); } catch (RuntimeException $e) { echo $e->getMessage(), "\n"; } }
check('none left', (new Cluster())->pop(), false);
?>
--EXPECT--
ok: each node twice
ok: one node
ok: no such service
ok: the system, for what the filter leaves out
ok: a socket asks it
ok: a client too
ok: no such service
LogicException: resolver failed
LogicException: resolver failed
ok: an HTTP client tries all nodes
ok: none for it
LogicException
ok: in a coroutine, by the system
ok: removed once
ok: not to be copied
ok: Bad IP Address [x]
ok: Bad Port [-1]
ok: Bad Weight [101]
invalid url parameter 'nonsense'
invalid url parameter 'http://'
ok: none left
