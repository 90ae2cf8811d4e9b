<?php
// Destructors may suspend; generators and fibers work inside coroutines.

use Swoole\Coroutine;

use function Swoole\Coroutine\run;

class Slow
{
    public function __construct(private string $name) {}
    public function __destruct()
    {
        Coroutine::sleep(0.002);
        echo "destroyed {$this->name} in ", Coroutine::getCid(), "\n";
    }
}

run(function () {
    $x = new Slow('explicit');
    unset($x);
    go(function () {
        $y = new Slow('at the end');
        echo "ends\n";
    });
    $numbers = (function () {
        foreach (range(1, 3) as $i) {
            Coroutine::sleep(0.001);
            yield $i;
        }
    })();
    echo implode(',', iterator_to_array($numbers)), "\n";
    Coroutine::sleep(0.01);
});
