<?php
// What go() takes, and what it refuses.

use Swoole\Coroutine;

use function Swoole\Coroutine\run;

class Task
{
    public static function still(string $x): void { echo "static $x\n"; }
    public function live(string ...$x): void { echo 'method ', implode(',', $x), "\n"; }
    public function __invoke(int $x): void { echo "invoked $x\n"; }
}

run(function () {
    go('printf', "%s %d\n", 'printf', 5);
    go('Task::still', 'by name');
    go([new Task(), 'live'], 'a', 'b');
    go(new Task(), 3);
    Coroutine::create((new Task())->live(...), 'first class');
    var_dump(is_int(go(fn () => null)));
    foreach (['no_such_function', [new Task(), 'nothing'], 5] as $wrong) {
        try {
            go($wrong);
        } catch (Throwable $e) {
            echo get_class($e), ': ', $e->getMessage(), "\n";
        }
    }
    $changed = 1;
    go(function (&$x) { $x = 2; }, $changed);
    var_dump($changed);
});
