<?php
/**
 * An application of some size: a thousand routes, services, three middleware, validated objects.
 *
 *     php server.php --listen 127.0.0.1:PORT --workers 1
 */

use Highper\Application;
use Highper\Filter\{Cors, RateLimit, ResponseCache};

$app = Application::create(basePath: __DIR__)->scan('Bench\\', 'src');
for ($i = 0; $i < 1000; $i++) {
    $app->get("/area{$i}/things/{id}/parts", fn (int $id): array => [$id]);
}
exit($app
    ->get('/limited', fn (): string => 'x', new RateLimit('1/day'))
    ->put('/crossing', fn (): string => 'x', new Cors(['https://app.example']))
    ->get('/kept', fn (): array => ['kept' => true], new ResponseCache(86400))
    ->health()
    ->run($argv));
