<?php

declare(strict_types=1);

// Builds the application and never listens: server.php runs it, tests may too.

use Highper\Application;
use Highper\Http\Response;
use Highper\Routes;
use Notes\Connections;
use Notes\Notes;
use Notes\Page;
use Notes\Schema;
use Notes\ServerTiming;

spl_autoload_register(static function (string $class): void {
    if (str_starts_with($class, 'Notes\\')) {
        require dirname(__DIR__) . '/src/' . strtr(substr($class, 6), '\\', '/') . '.php';
    }
});

$base = dirname(__DIR__);
$app = Application::create(basePath: $base);
$database = $app->env('DATABASE_URL') ?? "sqlite:{$base}/var/notes.sqlite";

return $app
    ->middleware(ServerTiming::class)
    ->singleton(Connections::class, fn (): Connections => Connections::to($database))
    ->singleton(Notes::class)
    ->onStart(fn (Schema $schema) => $schema->create())
    ->scan('Notes\\', 'src')
    ->group('/api', function (Routes $api): void {
        $api->get('/stats', fn (Notes $notes): array => $notes->stats());
    })
    ->get('/notes/{id}', fn (int $id, Notes $notes, Page $page): Response => $page->note($notes->find($id)))
    ->health('/health')
    ->static('/', 'public');
