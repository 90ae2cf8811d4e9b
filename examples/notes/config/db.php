<?php

declare(strict_types=1);

// sqlite:/path/to/file, mysql://user:password@host:port/database or postgres://…
return [
    'url' => getenv('DATABASE_URL') ?: 'sqlite:' . dirname(__DIR__) . '/var/notes.sqlite',
];
