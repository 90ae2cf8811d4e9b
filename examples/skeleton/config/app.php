<?php

declare(strict_types=1);

// Read as config('app.greeting') or #[Config('app.greeting')]; config/dev/app.php would go over it where APP_ENV is dev.

return [
    'greeting' => getenv('GREETING') ?: 'Hello',
];
