/*
 * source_sample.c - a function whose line is known, compiled in several ways for source_test.c
 */

int source_sample(int number);
extern const int source_sample_line;

int source_sample(int number)
{
    return number + 1;
}

const int source_sample_line = __LINE__ - 4; /* where the body of the function begins */
