--TEST--
libmemcached in coroutines: answers, waits at once, time-outs
--EXTENSIONS--
highper
igbinary
msgpack
--CONFLICTS--
all
--TIMEOUT--
60
--INI--
extension=memcached
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Services::lacks('memcached') ?: HighperTest\Daemon::missing('memcached', 'python3'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\{Proof, Services};
use function HighperTest\check;

$daemon = Services::memcached();
$slow = Services::slow($daemon->socket, 0.1);
$connect = static function (bool $binary = false) use ($slow): Memcached {
    $cache = new Memcached();
    $cache->setOption(Memcached::OPT_BINARY_PROTOCOL, $binary);
    $cache->addServer(...explode(':', $slow->socket));
    $cache->getVersion();
    return $cache;
};
$slow->signal(SIGUSR1);
foreach (['text' => false, 'binary' => true] as $protocol => $binary) {
    Proof::interleaved($protocol, static fn () => $connect($binary), static function (Memcached $cache, int $i) {
        $set = $cache->set("key{$i}", $text = str_repeat("{$i} ", 50_000));
        $cache->setMulti(["a{$i}" => $i, "b{$i}" => -$i]);
        return $set && $cache->get("key{$i}") === $text && $cache->getMulti(["a{$i}", "b{$i}"]) === ["a{$i}" => $i, "b{$i}" => -$i] ? $i : $cache->getResultMessage();
    }, 0.4);
}
check('compare and swap', (static function () use ($connect): int {
    $sum = 0;
    Co\run(static function () use ($connect, &$sum) {
        $connect()->set('sum', 0);
        $wrong = [];
        Proof::each(5, static function (int $i) use ($connect) {
            $cache = $connect();
            do {
                ['value' => $value, 'cas' => $token] = $cache->get('sum', null, Memcached::GET_EXTENDED);
            } while (! $cache->cas($token, 'sum', $value + 1));
        }, $wrong);
        $sum = $connect()->get('sum');
    });
    return $sum;
})(), 5);
$slow = Services::slow($daemon->socket, 0.1);
Proof::atOnce('memcached', $connect, static fn (Memcached $cache) => $cache->get('sum') === 5 ?: throw new Exception($cache->getResultMessage()), static fn () => $slow->signal(SIGUSR1));
Proof::timesOut('OPT_POLL_TIMEOUT', static function (string $host, int $port) {
    $cache = new Memcached();
    $cache->setOption(Memcached::OPT_POLL_TIMEOUT, 1000);
    $cache->addServer($host, $port);
    return $cache->get('x') === false && $cache->getResultCode() === Memcached::RES_TIMEOUT ?: $cache->getResultMessage();
});
?>
--EXPECT--
ok: text: each its own answer
ok: text: at the same time
ok: binary: each its own answer
ok: binary: at the same time
ok: compare and swap
ok: memcached: 200 without a mistake
ok: memcached: 200 × 0.1 s at once
ok: OPT_POLL_TIMEOUT: gives up
ok: OPT_POLL_TIMEOUT: in time
ok: OPT_POLL_TIMEOUT: others run meanwhile
