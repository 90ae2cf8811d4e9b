<?php

declare(strict_types=1);

// Builds the application and never listens: server.php runs it, tests may too.

use Highper\Application;
use Highper\Routes;
use Highper\View;
use Highper\View\Html;
use Notes\Notes;
use Notes\Schema;
use Notes\ServerTiming;

// With Composer its autoloader does this.
spl_autoload_register(static function (string $class): void {
    if (str_starts_with($class, 'Notes\\')) {
        require_once dirname(__DIR__) . '/src/' . strtr(substr($class, 6), '\\', '/') . '.php';
    }
});

return Application::create(basePath: dirname(__DIR__))
    ->settings(['tasks' => 1])
    ->middleware(ServerTiming::class)
    ->onStart(fn (Schema $schema) => $schema->create())
    ->scan('Notes\\', 'src')
    ->group('/api', function (Routes $api): void {
        $api->get('/stats', fn (Notes $notes): array => $notes->stats());
    })
    ->views('views')
    ->sessions(['store' => 'file'])
    ->onStart(fn (View $view) => $view->filter('lines', fn (string $text): Html => new Html(nl2br(htmlspecialchars($text), false))))
    ->health('/health')
    ->static('/', 'public');
