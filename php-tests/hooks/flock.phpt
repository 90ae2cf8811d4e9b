--TEST--
flock() waits for other coroutines, holds up none, can be cancelled
--FILE--
<?php
use Swoole\Coroutine as Co;
use function Swoole\Coroutine\run;

$path = getenv('TEST_TMP') . '/locked';
file_put_contents($path, '0');
run(function () use ($path) {
    $ids = [];
    for ($i = 0; $i < 20; $i++) {
        $ids[] = go(function () use ($path) {
            $file = fopen($path, 'r+');
            flock($file, LOCK_EX);
            $n = (int) file_get_contents($path);
            usleep(100);
            file_put_contents($path, (string) ($n + 1));
            flock($file, LOCK_UN);
            fclose($file);
        });
    }
    Co::join($ids);
    echo file_get_contents($path), "\n";

    $held = fopen($path, 'r');
    flock($held, LOCK_EX);
    $other = fopen($path, 'r');
    var_dump(flock($other, LOCK_EX | LOCK_NB, $would), $would);
    $waits = go(function () use ($other) { var_dump(flock($other, LOCK_SH)); });
    Co::sleep(0.005);
    Co::cancel($waits);
    Co::join([$waits]);
    $late = go(function () use ($other) { var_dump(flock($other, LOCK_SH)); });
    Co::sleep(0.005);
    flock($held, LOCK_UN);
    Co::join([$late]);
});
?>
--EXPECT--
20
bool(false)
int(1)
bool(false)
bool(true)
