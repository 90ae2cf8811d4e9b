#!/usr/local/bin/php -n
<?php

// Asks the server in this container whether it is well: exit code 0 or 1. HEALTH_PATH and PORT say where.
$port = (int) (getenv('PORT') ?: 9501);
$path = getenv('HEALTH_PATH') ?: '/health';
$answer = @file_get_contents("http://127.0.0.1:{$port}{$path}", false, stream_context_create([
    'http' => ['timeout' => 2.0, 'ignore_errors' => true],
]));
$line = $http_response_header[0] ?? 'no answer';
$well = $answer !== false && preg_match('~^HTTP/1\.[01] 2\d\d~', $line) === 1;
echo $well ? "ok\n" : "{$line} from port {$port}{$path}\n";
exit($well ? 0 : 1);
