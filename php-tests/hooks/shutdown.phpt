--TEST--
Hooked calls after the loop, in shutdown functions and in destructors: they block as in stock PHP
--EXTENSIONS--
highper
curl
redis
sockets
--CONFLICTS--
all
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('redis-server'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

final class AtTheEnd
{
    public Redis $redis;
    public ?HighperTest\Daemon $daemon = null;
    /** @var list<resource> */
    public array $pair;

    public function __construct(private string $name)
    {
    }

    public function __destruct()
    {
        $start = microtime(true);
        usleep(10_000);
        check("{$this->name}: sleeps", microtime(true) - $start >= 0.01);
        check("{$this->name}: Redis", $this->redis->get('key'), 'value');
        fwrite($this->pair[0], 'x');
        check("{$this->name}: a stream", fread($this->pair[1], 1), 'x');
        stream_set_timeout($this->pair[1], 0, 20_000);
        check("{$this->name}: a time-out", fread($this->pair[1], 1), false);
        check("{$this->name}: a program", shell_exec('sleep 0.05; echo done'), "done\n");
    }
}

// Destructors at the end come in the order in which objects were made: the service's after this one's.
$global = new AtTheEnd('in a destructor at the end');
$daemon = HighperTest\Daemon::redis();
$prepare = static function (AtTheEnd $object, string $name) use ($daemon): AtTheEnd {
    // Made and used inside the loop: the connection is registered there.
    $object->redis = new Redis();
    $object->redis->pconnect($daemon->socket, 0, 1, $name);
    $object->redis->set('key', 'value');
    $object->pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    go(static function () use ($object) { usleep(1_000); fwrite($object->pair[0], 'y'); });
    fread($object->pair[1], 1);
    return $object;
};
run(static function () use ($prepare, $global, &$function) {
    $inside = $prepare(new AtTheEnd('in a coroutine'), 'one');
    $function = $prepare(new AtTheEnd('in a shutdown function'), 'two');
    $prepare($global, 'three');
    unset($inside);
});
$global->daemon = $daemon;
register_shutdown_function(static function () use (&$function) { $function = null; });
unset($daemon, $prepare);
?>
--EXPECT--
ok: in a coroutine: sleeps
ok: in a coroutine: Redis
ok: in a coroutine: a stream
ok: in a coroutine: a time-out
ok: in a coroutine: a program
ok: in a shutdown function: sleeps
ok: in a shutdown function: Redis
ok: in a shutdown function: a stream
ok: in a shutdown function: a time-out
ok: in a shutdown function: a program
ok: in a destructor at the end: sleeps
ok: in a destructor at the end: Redis
ok: in a destructor at the end: a stream
ok: in a destructor at the end: a time-out
ok: in a destructor at the end: a program
