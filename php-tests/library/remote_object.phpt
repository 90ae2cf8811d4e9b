--TEST--
Remote objects: another process makes them, calls them, and lets go of them
--EXTENSIONS--
highper
--CONFLICTS--
all
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;
use Swoole\RemoteObject;
use Swoole\RemoteObject\{Client, Exception as RemoteException, ProxyTrait};
use function Swoole\Coroutine\run;

class Lists implements ArrayAccess, Iterator, Countable, Stringable
{
    use ProxyTrait;
    public function __construct(private RemoteObject $remote) {}
    protected function getObject(): RemoteObject { return $this->remote; }
}
$code = <<<'PHP'
    <?php
    class Counter { public int $n = 0; public array $list = []; public static int $alive = 0;
        public function __construct(int $n = 0) { $this->n = $n; self::$alive++; }
        public function __destruct() { self::$alive--; }
        public function add(int $by): int { return $this->n += $by; }
        public function self(): static { return $this; }
        public function sum(Counter $other): int { return $this->n + $other->n; }
        public function __toString(): string { return "n={$this->n}"; }
        public function __invoke(string $x): string { return strtoupper($x); }
        public function fails(): never { throw new DomainException('does not work', 42); } }
    function alive(): int { return Counter::$alive; }
    $options = ['worker_num' => 1, 'enable_coroutine' => false] + json_decode($argv[2], true);
    (new Swoole\RemoteObject\Server('127.0.0.1', (int) $argv[1], $options))->start();
    PHP;
$server = Server::start($code, ['{}']);
run(static function () use ($server) {
    $client = new Client('127.0.0.1', $server->port);
    check('it is there', $client->ping());
    $counter = $client->create('Counter', 5);
    check('methods', [$counter->add(2), $counter->add(by: 3), (string) $counter, $counter('up')], [7, 10, 'n=10', 'UP']);
    $counter->n = 20;
    check('properties', [$counter->n, $counter->list], [20, []]);
    $same = $counter->self();
    check('objects come as remote ones', [$same::class, $same->add(1), $counter->n], [RemoteObject::class, 21, 21]);
    check('and go back', $counter->sum($client->create('Counter', 100)), 121);
    check('functions', [$client->call('strrev', 'abc'), $client->call('array_sum', [1, 2]), $client->call('alive')], ['cba', 3, 1]);
    $list = new Lists($client->create(ArrayObject::class, ['a' => 1, 'b' => [2]]));
    check('offsets', [$list['a'], isset($list['a']), isset($list['x']), count($list)], [1, true, false, 2]);
    $list['c'] = ['deep']; unset($list['a']); $list[] = 'end';
    $iterator = new Lists($client->create(ArrayIterator::class, ['x' => 1, 'y' => 2]));
    check('changed', [$list->getArrayCopy(), iterator_to_array($iterator)], [['b' => [2], 'c' => ['deep'], 0 => 'end'], ['x' => 1, 'y' => 2]]);
    $file = $client->call('fopen', 'php://memory', 'w+');
    check('resources', [$client->call('fwrite', $file, 'text'), $client->call('rewind', $file), $client->call('fread', $file, 9)], [4, true, 'text']);
    unset($counter, $same, $list, $iterator, $file);
    gc_collect_cycles();
    check('nothing is left there', $client->call('alive'), 0);
    foreach ([fn () => $client->create('Counter')->fails(), fn () => $client->create('Nothing'), fn () => $client->call('nothing'), fn () => $client->create('Counter')->nothing(), fn () => RemoteObject::marshal(1, 2, 'x')->a(), fn () => $client->execute('/__construct', []), fn () => (new Client('127.0.0.1', 1))->call('x')] as $wrong) {
        try { $wrong(); echo "went well\n"; } catch (RemoteException $e) { echo $e->getMessage(), ' (', $e->getCode(), ")\n"; }
    }
});
$server->stop();
$server = Server::start($code, [json_encode(['api_key' => 'secret', 'allowed_classes' => ['Counter'], 'allowed_functions' => ['alive']])]);
run(static function () use ($server) {
    check('without the key', (new Client('127.0.0.1', $server->port))->ping(), false);
    $client = new Client('127.0.0.1', $server->port, ['api_key' => 'secret']);
    check('what is allowed', [$client->ping(), $client->call('alive'), $client->create('Counter')->add(1)], [true, 0, 1]);
    foreach ([fn () => $client->call('phpversion'), fn () => $client->create('ArrayObject')] as $wrong) {
        try { $wrong(); } catch (RemoteException $e) { echo $e->getMessage(), "\n"; }
    }
});
$server->stop();

// The default one: started with its first client, and used by the next.
$folder = HighperTest\temp_path('remote');
swoole_library_set_option('default_remote_object_server_dir', $folder);
swoole_library_set_option('default_remote_object_server_worker_num', 1);
swoole_init_default_remote_object_server();
check('not started yet', is_dir($folder), false);
run(static function () use ($folder) {
    check('by the default server', [swoole_get_default_remote_object_client()->call('getmypid') !== getmypid(), swoole_gethostbyaddr('127.0.0.1') !== '', swoole_gethostbynamel('127.0.0.1')], [true, true, ['127.0.0.1']]);
    check('the same again', swoole_get_default_remote_object_client()->call('getmypid'), swoole_get_default_remote_object_client()->call('getmypid'));
});
$master = (int) file_get_contents("{$folder}/remote-object-server.pid");
check('it can be ended', $master > 0 && posix_kill($master, SIGTERM));
HighperTest\wait_until(fn () => @stream_socket_client("unix://{$folder}/remote-object-server.sock") === false, 'its end');
?>
--EXPECT--
ok: it is there
ok: methods
ok: properties
ok: objects come as remote ones
ok: and go back
ok: functions
ok: offsets
ok: changed
ok: resources
ok: nothing is left there
Server Error: does not work (42)
Server Error: Class "Nothing" not found (0)
Server Error: function[nothing] not found (0)
Server Error: method[Counter::nothing] not found (0)
This remote object is not bound to a client, and cannot initiate remote calls (0)
Server Error: invalid request (-1)
Connection refused (111)
ok: without the key
ok: what is allowed
Server Error: function[phpversion] not allowed
Server Error: class[ArrayObject] not allowed
ok: not started yet
ok: by the default server
ok: the same again
ok: it can be ended
