<?php

declare(strict_types=1);

// Builds the application and never listens: server.php runs it, tests ask it.

use Highper\Application;

if (is_file(dirname(__DIR__) . '/vendor/autoload.php')) {
    require_once dirname(__DIR__) . '/vendor/autoload.php';
}

return Application::create(basePath: dirname(__DIR__))      // .env, .env.local …, config/*.php
    ->scan('App\\', 'src')                                  // controllers, by their attributes
    ->static('/', 'public')
    ->health('/health');
