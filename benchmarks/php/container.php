<?php
/**
 * What the container costs, in nanoseconds: {"get": …, "build": …}.
 *
 *     php container.php [rounds]
 */

use Highper\Application;

final class A
{
}
final class B
{
}
final class C
{
}
final class Three
{
    public function __construct(public A $a, public B $b, public C $c)
    {
    }
}

$rounds = (int) ($argv[1] ?? 1_000_000);
$container = Application::create(basePath: __DIR__)->bind(Three::class)->container();
$container->get(A::class);
$container->get(Three::class);

/** The least of nine samples, without the loop itself. */
$measure = static function (Closure $body) use ($rounds): float {
    $empty = static function () use ($rounds): int {
        $start = hrtime(true);
        for ($i = 0; $i < $rounds; $i++) {
        }
        return hrtime(true) - $start;
    };
    $times = [];
    for ($sample = 0; $sample < 9; $sample++) {
        $times[] = $body() - $empty();
    }
    return min($times) / $rounds;
};
$get = $measure(static function () use ($container, $rounds): int {
    $start = hrtime(true);
    for ($i = 0; $i < $rounds; $i++) {
        $container->get(A::class);
    }
    return hrtime(true) - $start;
});
$build = $measure(static function () use ($container, $rounds): int {
    $start = hrtime(true);
    for ($i = 0; $i < $rounds; $i++) {
        $container->get(Three::class);
    }
    return hrtime(true) - $start;
});
echo json_encode(['get' => $get, 'build' => $build]), "\n";
