--TEST--
Twenty thousand coroutines at once; the limit is kept and their memory comes back
--EXTENSIONS--
highper
--CONFLICTS--
all
--FILE--
<?php
use Swoole\Coroutine as Co;
Co\run(function () {
    $n = 0;
    $round = function () use (&$n) {
        for ($i = 0; $i < 10000; $i++) { go(function () use (&$n) { Co::sleep(0.4); $n++; }); }
        Co::sleep(0.001);
        echo Co::stats()['coroutine_num'] > 5000 ? "many\n" : "few\n";
        while (Co::stats()['coroutine_num'] > 1) { Co::sleep(0.01); }
    };
    $round();
    $before = memory_get_usage();
    $round();
    echo $n, ' ', memory_get_usage() - $before < 100_000 ? 'flat' : 'grew', "\n";
    Co::set(['max_coroutine' => 3]);
    var_dump(go(fn () => Co::sleep(0.001)) > 0, go(fn () => Co::sleep(0.001)) > 0, @go(fn () => print("one too many\n")));
});
--EXPECT--
many
many
20000 flat
bool(true)
bool(true)
bool(false)
