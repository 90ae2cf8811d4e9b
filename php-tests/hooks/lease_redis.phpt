--TEST--
A connection whose call is under way refuses other coroutines, before anything is sent
--EXTENSIONS--
highper
redis
--CONFLICTS--
all
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

class Cache extends Redis
{
}

final class Louder extends Cache
{
    public function ping(?string $message = null): Redis|string|bool
    {
        return parent::ping($message);
    }
}

/** What a call throws, without its backtraces. */
function refused(callable $call): string
{
    try {
        $call();
    } catch (Swoole\Error $error) {
        return preg_replace(['~ at \S+:\d+~', '~\. One connection.*~s'], '', $error->getMessage()) . " ({$error->getCode()})";
    }

    return 'nothing';
}

run(static function () {
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    $port = (int) substr(strrchr(stream_socket_get_name($listener, false), ':'), 1);
    $asked = [];
    $server = go(static function () use ($listener, &$asked) {
        while ($peer = @stream_socket_accept($listener, 5)) {
            go(static function () use ($peer, &$asked) {
                while (is_string($line = fgets($peer))) {
                    for ($left = (int) substr($line, 1), $words = []; $left > 0; $left--) {
                        fgets($peer);
                        $words[] = rtrim(fgets($peer));
                    }
                    $asked[] = implode(' ', $words);
                    usleep(50_000);
                    fwrite($peer, "+PONG\r\n");
                }
            });
        }
    });
    foreach ([Redis::class, Cache::class, Louder::class] as $class) {
        $redis = new $class();
        $redis->connect('127.0.0.1', $port);
        $get = $redis->get(...);
        $got = [];
        $id = go(static function () use ($redis, $get, &$got) {
            usleep(10_000);
            $got[] = refused(static fn () => $redis->get('a'));
            $got[] = refused($get);
            $got[] = refused(static fn () => call_user_func([$redis, 'set'], 'a', 'b'));
            $got[] = refused(static fn () => (new ReflectionMethod($redis, 'del'))->invoke($redis, 'a'));
            // What sends nothing may always be asked.
            $got[] = $redis->isConnected();
        });
        check('the call under way goes on', $redis->ping());
        $own = Swoole\Coroutine::getCid();
        $by = "in coroutine#{$id}: this connection is in use by coroutine#{$own}, which is inside Redis::ping() (10002)";
        check("others are refused: {$class}", $got, ["Redis::get() {$by}", "Redis::get() {$by}", "Redis::set() {$by}", "Redis::del() {$by}", true]);
        check('and usable', $redis->ping());
    }
    check('nothing of it was sent', array_unique($asked), ['PING']);

    try {
        go(static fn () => $redis->ping());
        $redis->ping();
    } catch (Swoole\Error $error) {
        check('both places', preg_match_all('~ at \S*lease_redis\S*:\d+~', $error->getMessage()), 2);
        check("the other's backtrace", preg_match('~\[Coroutine-\d+\] Stack trace:\n#0 \S*lease_redis\S*\(\d+\): Redis->ping\(~', $error->getMessage()), 1);
        check('what to do', str_contains($error->getMessage(), 'give each its own, or take them from a pool'));
    }
    usleep(60_000);
    check('usable', $redis->ping());
    Swoole\Coroutine::cancel($server);
});
// Outside of coroutines nobody is in anybody's way.
check('no loop', refused(static fn () => (new Redis())->isConnected()), 'nothing');
?>
--EXPECT--
ok: the call under way goes on
ok: others are refused: Redis
ok: and usable
ok: the call under way goes on
ok: others are refused: Cache
ok: and usable
ok: the call under way goes on
ok: others are refused: Louder
ok: and usable
ok: nothing of it was sent
ok: both places
ok: the other's backtrace
ok: what to do
ok: usable
ok: no loop
