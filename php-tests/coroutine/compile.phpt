--TEST--
While one coroutine compiles, what the compiler calls does not let others run
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
final class Slow {
    public $context;
    private int $at = 0;
    private string $code;
    function stream_open($path) { $this->code = '<?php function from_' . parse_url($path, PHP_URL_HOST) . '() { return __FUNCTION__; } '; return true; }
    function stream_read($n) { usleep(1000); $part = substr($this->code, $this->at, 10); $this->at += 10; return (string) $part; }
    function stream_eof() { return $this->at >= strlen($this->code); }
    function stream_stat() { return []; }
    function stream_set_option() { return false; }
}
stream_wrapper_register('slow', Slow::class);
Co\run(function () {
    $inside = $most = 0;
    $ticks = 0;
    set_error_handler(function () use (&$inside, &$most) {
        $most = max($most, ++$inside);
        usleep(2000);
        eval('function inner_' . mt_rand() . '() { return [1, 2]; }');
        $inside--;
        return true;
    });
    $cid = go(function () use (&$ticks) { while ($ticks >= 0) { $ticks++; usleep(500); } });
    usleep(5000);
    $before = $ticks;
    // The compiler says that $b comes too late, while it compiles.
    eval('function late0($a = 1, $b) { return "late0 " . $b; }');
    echo $ticks - $before, " ticks while compiling\n";
    $wg = new Co\WaitGroup;
    for ($i = 1; $i <= 20; $i++) {
        $wg->add();
        go(function () use ($i, $wg, &$inside, &$most) {
            set_error_handler(function () use (&$inside, &$most) { $most = max($most, ++$inside); usleep(1000); $inside--; return true; });
            usleep(1000 * ($i % 3));
            eval("class Compiled$i { const A = [$i, 'x' . $i]; function late(\$a = 1, \$b) { return match (true) { \$b > 5 => 'big', default => self::A[1] }; } }");
            @include "slow://n$i/x";
            $wg->done();
        });
    }
    $wg->wait();
    $ticks = -1;
    for ($i = 1; $i <= 20; $i++) {
        $class = "Compiled$i";
        if ((new $class)->late(0, 1) !== "x$i" || ("from_n$i")() !== "from_n$i") { echo "wrong $i\n"; }
    }
    echo $most, " at a time\n", late0(1, 2), "\n";
});
--EXPECT--
0 ticks while compiling
1 at a time
late0 2
