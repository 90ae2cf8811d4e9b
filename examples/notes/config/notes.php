<?php

declare(strict_types=1);

return [
    // Notes that nobody has changed for so many days are deleted; 0 keeps them.
    'keep_days' => (int) (getenv('KEEP_DAYS') ?: 0),
];
